"""`login`, `complete`, `cancel` and `logout`."""
