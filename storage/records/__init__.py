"""Records beside the entries: notes, registered clients and added MCP servers."""
