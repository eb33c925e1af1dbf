"""The credential file that every agent process reads, and its two locks."""
