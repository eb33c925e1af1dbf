"""What a person pastes: clean it, read code and state from it, and explain each mistake."""
