"""The commands that agents call: tokens, requests for logins, limits, and the account of a thread."""
