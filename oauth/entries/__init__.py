"""What the store holds about a login: its entry, its note, its pending login and its refresh lock."""
