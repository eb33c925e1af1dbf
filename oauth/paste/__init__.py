"""The paste: clean the text, read code and state from it, and explain each mistake."""

from openab_auth.oauth.paste.mistakes import DeniedRedirectError, PasteMistake
from openab_auth.oauth.paste.paste import ErrorRedirect, ExpectedRedirect, Paste, Redirect, code_for, read_paste

__all__ = [
    "DeniedRedirectError",
    "ErrorRedirect",
    "ExpectedRedirect",
    "Paste",
    "PasteMistake",
    "Redirect",
    "code_for",
    "read_paste",
]
