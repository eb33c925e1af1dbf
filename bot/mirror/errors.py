"""Why a file cannot be a mirror.

OpenabAuthError
└── MirrorError                 the file cannot be a mirror
    ├── ForeignFileError        no mirror has made this file
    ├── RefreshTokensError      it holds refresh tokens
    └── MirrorRunningError      another process keeps this mirror
"""

from __future__ import annotations

from openab_auth.storage.errors import OpenabAuthError

_KEPT = "the file is unchanged"


class MirrorError(OpenabAuthError):
    """The file cannot be a mirror; the subclass says why."""

    code = "mirror_refused"


class ForeignFileError(MirrorError):
    """The file is there, and no mirror has made it."""

    code = "mirror_foreign"

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path} is there, and no mirror has made it",
            kept=_KEPT,
            todo="name a file that is not there; `openab-auth store copy` moves the logins of this one",
        )


class RefreshTokensError(MirrorError):
    """The file holds a refresh token: somebody has logged in there."""

    code = "mirror_tokens"

    def __init__(self, path: str, tenant: str) -> None:
        super().__init__(
            f"{path} holds a refresh token of {tenant[:80]!a}, so it is no mirror",
            kept=_KEPT,
            todo="move its logins away with `openab-auth store copy`, remove the file, and start the mirror again",
        )


class MirrorRunningError(MirrorError):
    """Another process keeps this mirror."""

    code = "mirror_running"

    def __init__(self, path: str) -> None:
        super().__init__(f"another process keeps the mirror {path}", kept=_KEPT, todo="stop that process first")
