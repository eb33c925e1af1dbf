"""The whole product on one machine: an embedded Discord, an embedded authorization server, the real bot between."""
