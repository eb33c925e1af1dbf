"""The values of labels: each comes from a small set, and none names an account, a person or a secret."""

from __future__ import annotations

from typing import Final

from openab_auth.oauth.errors import PasteRefusedError
from openab_auth.oauth.paste import PasteMistake
from openab_auth.oauth.vendors.account_labels import split_label
from openab_auth.oauth.vendors.server_names import names_server
from openab_auth.storage.errors import OpenabAuthError

OK: Final = "ok"
OTHER: Final = "other"  # a login that no row of the vendor table describes
SERVERS: Final = "mcp"  # all MCP servers together, because people may add servers with any name
_UNFORESEEN: Final = "unforeseen_error"
_MISTAKES: Final = frozenset(PasteMistake)


def vendor_label(name: str | None) -> str:
    """Return the label for the name in a vendor's row, without the label of an account."""
    if name is None:
        return OTHER
    return SERVERS if names_server(name) else split_label(name)[0]


def reason_label(error: BaseException) -> str:
    """Return the code of our own error, and for a paste what was wrong with it."""
    if isinstance(error, PasteRefusedError) and error.reason in _MISTAKES:
        return f"{error.code}:{error.reason}"
    return type(error).code if isinstance(error, OpenabAuthError) else _UNFORESEEN


def outcome_label(error: BaseException | None) -> str:
    """Return "ok", or the reason of a failure."""
    return OK if error is None else reason_label(error)
