"""The auth axis: vendors as data, the one driver, paste parsing, tokens for agents."""
