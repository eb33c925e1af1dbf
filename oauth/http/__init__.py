"""HTTP with limits: which addresses a request may reach, how long it may take, and how much it may return."""
