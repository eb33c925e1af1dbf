"""Logins by the vendor's own program, for what has no flow of ours."""
