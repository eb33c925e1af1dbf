"""Logins by the vendor's own login program, for vendors that no other flow here can log in to."""
