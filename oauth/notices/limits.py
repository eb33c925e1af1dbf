"""Record that a vendor limits an account until a time. Nothing switches to another account by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from openab_auth.storage.entries import Tenant
from openab_auth.storage.records.notices import Limit, limit_key
from openab_auth.storage.records.requests import REQUESTS

if TYPE_CHECKING:
    from datetime import datetime

    from openab_auth.storage import Draft
    from openab_auth.storage.records.requests import RequestRecord

_LATEST: Final = 2**40  # unix seconds


def unix_time(until: float | datetime) -> int:
    """Return a time in unix seconds; a date without a time zone is in UTC.

    Raises:
        ValueError: it is no time, or too far away.
    """
    if isinstance(until, int | float):
        seconds = until
    else:
        from datetime import UTC  # noqa: PLC0415 - the command line gives seconds

        seconds = (until if until.tzinfo else until.replace(tzinfo=UTC)).timestamp()
    if not 0 <= seconds < _LATEST:  # NaN is in no range
        message = "until must be a time in unix seconds"
        raise ValueError(message)
    return int(seconds)


def note_limit(draft: Draft, login: Tenant, until: int, now: float) -> bool:
    """Record that an account is limited; a time that has passed ends the limit, and the function returns False."""
    records, key = draft.records(REQUESTS), limit_key(login)
    is_limited = until > now
    if is_limited:
        records[key] = Limit(login, until)
    else:
        records.pop(key, None)
    return is_limited


def limits_in(records: Mapping[str, RequestRecord], now: float) -> Mapping[Tenant, int]:
    """Return until when each account is limited, in unix seconds; accounts that are not limited now are left out."""
    found = (record for record in records.values() if isinstance(record, Limit))
    return {limit.login: limit.until for limit in found if now < limit.until}
