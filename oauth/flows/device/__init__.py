"""Logins by a code that the person types on the vendor's page: RFC 8628, and the variants of some vendors."""
