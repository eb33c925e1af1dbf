"""A device login, from its first request to the store."""

from __future__ import annotations

from collections.abc import Callable

from openab_auth.oauth.logins import Logins
from openab_auth.storage import UserId

ADA, BOB = UserId(1), UserId(2)
FLOWS = ("lab", "codex-device", "kiro", "copilot")
Start = Callable[[], Logins]
