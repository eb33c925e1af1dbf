"""Logins and tokens, without Discord: vendors as data, the OAuth client, the flows of a login, tokens for agents."""
