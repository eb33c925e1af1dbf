"""Access tokens for agents: read from the store and refreshed once for every process."""
