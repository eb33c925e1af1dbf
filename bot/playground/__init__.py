"""The whole product on one machine: an embedded Discord, an embedded authorization server, and the real bot between them."""
