"""The views of one login: its card and message, how to copy the address, the form for the paste, and the conflicts."""
