"""Second steps that follow some token responses."""
