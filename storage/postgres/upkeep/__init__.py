"""What operators do with a store: make it, encrypt it again, open or close it, and look at its rows."""
