"""The base class of the errors of logins and tokens, and the phrases that they share."""

from __future__ import annotations

from typing import Literal, TypeAlias

from openab_auth.storage.errors import OpenabAuthError

LOG_IN_AGAIN = "log in again with /auth login or `openab-auth login`"
BEGIN_AGAIN = "begin again with /auth login or `openab-auth login`"
OLDER_UNTOUCHED = "an older login, if there was one, is untouched"
Asked: TypeAlias = Literal["code", "approval", "refresh", "other"]  # the purpose of the request to the vendor


class OAuthError(OpenabAuthError):
    """A login or a token request failed."""
