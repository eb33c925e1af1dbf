"""The operator's config: find it, read it, and name every mistake at once."""
