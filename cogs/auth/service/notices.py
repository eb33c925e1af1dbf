"""Does the work about notices: which are due, where each is told, and what the store remembers about it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from openab_auth.cogs.auth.guard import Guard
from openab_auth.oauth.accounts import vendor_meant
from openab_auth.oauth.logins import Logins, LoginState
from openab_auth.oauth.notices import (
    VariableToken,
    claim_notice,
    due_notices,
    note_told,
    rest_notice,
    tokens_in_variables,
)
from openab_auth.oauth.runtime import Runtime
from openab_auth.oauth.vendors import Vendor
from openab_auth.storage import CONSOLE, REQUESTS
from openab_auth.storage.records.notices import Channel, Notice


@dataclass(frozen=True, slots=True)
class DueNotice:
    """A notice that must be told in `channel` now; None if nobody can be told.

    `state` is the login, if it is still there. `vendor` is its vendor, if that is known. `variable` holds the token
    that the notice is about.
    """

    notice: Notice
    channel: Channel | None
    state: LoginState | None = None
    vendor: Vendor | None = None
    variable: str = ""


class Notices:
    """Reads and changes the notices of one store, also about tokens in the variables of its process."""

    def __init__(self, logins: Logins, runtime: Runtime, guard: Guard) -> None:
        self._logins = logins
        self._store = runtime.store
        self._guard = guard
        self._clock = runtime.clock
        self._environ = runtime.environ

    async def due(self) -> tuple[DueNotice, ...]:
        """Return the notices that this bot can tell now, and the deaths that nobody has noted yet.

        Raises:
            StorageError: the store cannot be read.
        """
        catalogue, variables = await self._logins.catalogue(), await self._variables()
        entries, notes, records = (
            await self._store.read(),
            await self._store.notes(),
            await self._store.records(REQUESTS),
        )
        found = [
            (notice, channel)
            for notice in due_notices(entries, notes, records, variables, self._clock())
            if (channel := self.channel_of(notice)) or not notice.id
        ]
        if not found:
            return ()
        # First the states: a notice that is claimed must be told.
        states = {state.tenant: state for state in (await self._logins.states.status()).logins}
        names = {token.fingerprint: token.variable for token in variables}
        due = (
            DueNotice(
                *(notice, channel, states.get(notice.login)),
                vendor=_vendor_in(states.get(notice.login)) or vendor_meant(notice.login, catalogue),
                variable=names.get(notice.mark, ""),
            )
            for notice, channel in found
        )
        return tuple(one for one in due if one.notice.about != "died" or (one.state and one.state.died))

    def channel_of(self, notice: Notice) -> Channel | None:
        """Return where a notice is told next: to its person, or else to the operators; None if nobody can be told."""
        if notice.person is not None and "dm" not in notice.refused:
            return "dm"
        if notice.about == "replaced" or "operators" in notice.refused:
            return None
        return None if self._guard.access.operators_channel is None else "operators"

    async def claim(self, due: DueNotice) -> Notice | None:
        """Return the notice if this bot may tell it now. The first claim writes a death to the audit log.

        Raises:
            StorageError: the store cannot be read or written.
        """
        variables, now = await self._variables(), self._clock()
        claim = await self._store.update(partial(claim_notice, notice=due.notice, variables=variables, now=now))
        if claim is None:
            return None
        if claim.is_first and claim.notice.about == "died":
            vendor = due.vendor.name if due.vendor else None
            maker, tenant = claim.notice.person or CONSOLE, claim.notice.login
            await self._guard.audit.record("died", maker, "login_dead", vendor=vendor, tenant=tenant)
        return claim.notice

    async def note_told(self, notice: Notice, channel: Channel) -> None:
        """Note that a notice was told."""
        await self._store.update(partial(note_told, notice=notice, channel=channel))

    async def note_refused(self, notice: Notice, channel: Channel) -> None:
        """Note that Discord refuses the notice in this channel; the next channel has its turn."""
        await self._store.update(partial(note_told, notice=notice, channel=channel, refused=True))

    async def rest(self, notice: Notice, seconds: float) -> None:
        """Let all bots try again after some seconds."""
        await self._store.update(partial(rest_notice, notice=notice, retry_at=self._clock() + seconds))

    async def _variables(self) -> tuple[VariableToken, ...]:
        return tokens_in_variables(await self._logins.catalogue(), self._environ)


def _vendor_in(state: LoginState | None) -> Vendor | None:
    return state.vendor if state else None
