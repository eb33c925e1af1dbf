"""The commands of a store: make it, back it up, restore it, encrypt it again, and move it."""
