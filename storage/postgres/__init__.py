"""The PostgreSQL store: its settings, and the encryption of its rows."""
