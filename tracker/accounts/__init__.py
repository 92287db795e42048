"""People: who they are, how they sign in, what they agreed to, and who looked at whose record."""
