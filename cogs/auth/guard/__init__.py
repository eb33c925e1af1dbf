"""Who may use /auth, how often, and what the audit log says about it."""
