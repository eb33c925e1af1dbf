"""Backups of a store: one file with all its content, and what a restore may still refresh."""
