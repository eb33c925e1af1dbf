"""Logins that end with a redirect, which the person pastes: at vendors and at MCP servers."""
