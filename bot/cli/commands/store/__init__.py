"""The commands of a store in PostgreSQL: make it, encrypt it again, and move a store there or back."""
