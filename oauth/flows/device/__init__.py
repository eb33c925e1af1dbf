"""Logins by a code that the person types at the vendor's page (RFC 8628, and what vendors make of it)."""
