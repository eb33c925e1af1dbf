"""`status` of an agent that gets its tokens from a broker: what the broker shows of the logins that it serves."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from openab_auth.bot.cli.exit_status import DONE
from openab_auth.bot.cli.output import print_result
from openab_auth.oauth.errors import one_line
from openab_auth.storage import NEVER

if TYPE_CHECKING:
    from openab_auth.oauth.tokens.broker import BrokerTokenSource
    from openab_auth.storage import Json

_LONGEST: Final = 1000  # characters of a line, as of `status` on a store


async def print_status(arguments: argparse.Namespace, source: BrokerTokenSource) -> int:
    """Print the logins that the broker serves to this client; a broker shows no pending login and no problem."""
    async with source:
        logins = await source.logins()
    result: dict[str, object] = {"store": source.place, "logins": [*logins], "pending": [], "problems": []}
    lines = [f"broker {source.place}", *(map(_line, logins) if logins else ["it serves no login to this client"])]
    print_result(result, "\n".join(lines), as_json=arguments.json)
    return DONE


def _line(login: Mapping[str, Json]) -> str:
    """Return a line that describes a login, in the words of `status` on a store."""
    account, expires_at = login.get("account"), login.get("expires_at")
    whose = f" as {account}" if account else ""
    known = isinstance(expires_at, int) and 0 < expires_at < NEVER
    until = f", access token until {_moment(expires_at)}" if known else ", no end known"
    limit = login.get("limited_until")
    limited = f", limited until {_moment(limit)}" if isinstance(limit, int) else ""
    return one_line(f"{login['tenant']}: {login.get('state')}{whose}{until}{limited}", longest=_LONGEST)


def _moment(unix_seconds: Json) -> str:
    try:
        return f"{datetime.fromtimestamp(float(str(unix_seconds)), UTC):%Y-%m-%d %H:%M} UTC"
    except (OverflowError, ValueError, OSError):
        return f"unix time {unix_seconds}"
