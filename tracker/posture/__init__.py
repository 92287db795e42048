"""Posture at the desk: baselines of places, minutes, breaks, and the programs on one's own computer that watch."""
