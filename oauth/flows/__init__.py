"""The ways to log in: redirect, device code and the vendor's own program."""
