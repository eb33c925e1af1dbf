"""Logins and logouts for every flow, and the status of all logins."""
