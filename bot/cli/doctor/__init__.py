"""What `doctor` looks at, room by room; every finding says its repair."""
