"""What the commands do, without a word about Discord's messages."""
