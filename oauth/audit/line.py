"""One line of the audit log: who did what, where, with which account, and how it ended."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from openab_auth.oauth.errors import PasteRefusedError
from openab_auth.storage.errors import OpenabAuthError

if TYPE_CHECKING:
    from openab_auth.oauth.vendors import Vendor
    from openab_auth.storage import ThreadId, UserId

Via: TypeAlias = Literal["discord", "cli", "broker"]
OK = "ok"


@dataclass(slots=True)
class AuditLine:
    """Collects the fields of a line; a field that is None is not known.

    Every text is a name that this program knows, never a text that a person typed: people paste secrets into the wrong
    field. `account` is the key of a login, `uid` the real user id of a process, and `client` the name of a broker's
    client or key. `incident` is the id under which the log has the failure. `person` is the person whose `logins` and
    `pending` logins have ended. A line about lines that were left out has their `count`, and the `people` behind them.
    `seconds` is the duration of the work.
    """

    via: Via
    event: str
    user: UserId | None = None
    uid: int | None = None
    client: str | None = None
    guild: int | None = None
    channel: int | None = None
    thread: ThreadId | int | None = None
    vendor: str | None = None
    account: str | None = None
    outcome: str = OK
    incident: str | None = None
    person: UserId | None = None
    logins: tuple[str, ...] | None = None
    pending: tuple[str, ...] | None = None
    count: int | None = None
    people: Mapping[str, int] | None = None
    seconds: float | None = None

    def name(self, vendor: Vendor) -> None:
        """Name the vendor and the account of the work."""
        self.vendor, self.account = vendor.name, vendor.tenant

    @property
    def fields(self) -> dict[str, object]:
        """Return the fields in the order of a line."""
        return {
            "via": self.via,
            "event": self.event,
            "user": _id(self.user),
            "uid": self.uid,
            "client": self.client,
            "guild": _id(self.guild),
            "channel": _id(self.channel),
            "thread": _id(self.thread),
            "vendor": self.vendor,
            "account": self.account,
            "outcome": self.outcome,
            "incident": self.incident,
            "person": _id(self.person),
            "logins": self.logins,
            "pending": self.pending,
            "count": self.count,
            "people": self.people,
            "duration_ms": None if self.seconds is None else round(self.seconds * 1000),
        }


def outcome_of(error: BaseException) -> str:
    """Return the outcome of work that has failed with this error: its code, without any of its words."""
    if isinstance(error, PasteRefusedError):
        return f"{error.code}:{error.reason}"
    if isinstance(error, asyncio.CancelledError):
        return "stopped"
    return error.code if isinstance(error, OpenabAuthError) else "failed"


def _id(number: int | None) -> str | None:
    return None if number is None else str(number)
