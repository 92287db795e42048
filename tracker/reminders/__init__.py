"""What happens by itself: the heartbeat and, with it, whatever is due."""
