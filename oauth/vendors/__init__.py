"""Vendors and MCP servers as data: the shipped table, the operator's tables and the checks on both."""
