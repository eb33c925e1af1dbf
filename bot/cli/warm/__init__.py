"""`token` and `exec` while the stored token is valid: one read of the file, and few imports.

Scripts ask for a token before each request, so the answer takes about the time that Python needs to start. Only plain
cases are answered here; in every other case the full command decides.
"""
