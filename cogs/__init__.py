"""The discord.py extensions of this project. There is one: `openab_auth.cogs.auth`."""
