"""The playground: the real bot between an embedded Discord and an embedded authorization server."""
