"""The OAuth client: build links, post to the token endpoint and judge each reply."""
