"""The discord.py extensions of this project; `openab_auth.cogs.auth` is the one."""
