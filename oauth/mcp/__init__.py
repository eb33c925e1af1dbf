"""Logins to remote MCP servers: found, registered at, and from then on a vendor like any other."""
