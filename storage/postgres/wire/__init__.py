"""The way to the server: connections under a deadline, one message for each round trip, and the server's errors."""
