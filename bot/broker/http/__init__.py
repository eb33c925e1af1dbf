"""The broker's HTTP: where it listens, how requests are read, and how they are answered."""
