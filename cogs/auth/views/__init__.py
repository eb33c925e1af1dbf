"""The messages with buttons and the forms."""
