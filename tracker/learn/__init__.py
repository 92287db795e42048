"""What is worth knowing about one's back (cards with their sources), and the desk check."""
