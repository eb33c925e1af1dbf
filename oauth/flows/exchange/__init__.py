"""Second steps of a login: some vendors' tokens must be exchanged, or need a project, before agents can use them."""
