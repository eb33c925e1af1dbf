"""A login as the status shows it."""

from __future__ import annotations

from openab_auth.oauth.logins import LoginState
from openab_auth.storage import Tenant, UserId


def login_state(tenant: str = "lab", **keys: object) -> LoginState:
    """Return a valid login of Ada, changed by `keys`."""
    values: dict[str, object] = {
        "tenant": Tenant(tenant),
        "kind": "token",
        "state": "ok",
        "refreshable": True,
        "expires_at": 2_000_000_000,
        "account": "ada@example.com",
        "logged_in_by": UserId(5),
        "logged_in_at": 1_900_000_000,
        "shadowed_by": None,
        "vendor": None,
    }
    return LoginState(**{**values, **keys})  # type: ignore[arg-type]  # each test names one field
