"""The messages in each language, and Discord's limits on them."""
