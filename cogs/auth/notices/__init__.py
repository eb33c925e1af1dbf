"""What people send or are told outside a command."""
