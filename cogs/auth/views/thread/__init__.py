"""The views of one thread: its accounts, the logins that its agents ask for, and what the bot may do there."""
