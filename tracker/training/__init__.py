"""Sessions: what was done, repetition by repetition, and why each one counted or did not."""
