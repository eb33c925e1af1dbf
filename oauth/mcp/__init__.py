"""Logins to remote MCP servers; once a login is prepared, the server is a vendor like any other."""
