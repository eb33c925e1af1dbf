"""Change the records about notices; each function changes a draft, inside an update of the store.

A bot claims a notice, sends it, and then notes that it was told. If the bot stops in between, another bot sends it
again once the claim has ended. The message's nonce keeps Discord from showing it twice, if that is soon.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

from openab_auth.oauth.entries import dead_token, generation_of
from openab_auth.oauth.notices.due import due_notices
from openab_auth.storage.entries import Entry, LoginEntry, last_token
from openab_auth.storage.records.notices import Channel, Limit, Notice
from openab_auth.storage.records.requests import REQUESTS

if TYPE_CHECKING:
    from openab_auth.oauth.notices.variable_tokens import VariableToken
    from openab_auth.storage import Draft, Note

_CLAIM: Final = 60  # seconds; after a crash another bot sends the notice
_KEPT: Final = 86_400  # seconds after the end of a token in a variable
_ID: Final = 6  # bytes


class Claim(NamedTuple):
    """A notice that this bot sends now; `is_first` if no bot has claimed it before."""

    notice: Notice
    is_first: bool


def claim_notice(draft: Draft, notice: Notice, variables: Iterable[VariableToken], now: float) -> Claim | None:
    """Claim a notice for this bot; return None if it is not due any more, or another bot has it."""
    records = draft.records(REQUESTS)
    found = next(
        (
            one
            for one in due_notices(draft, draft.notes, records, variables, now)
            if (one.key, one.mark, one.lead) == (notice.key, notice.mark, notice.lead)
        ),
        None,
    )
    if found is None:
        return None
    _forget_old(draft, now)
    claimed = found._replace(id=found.id or secrets.token_hex(_ID), claimed_until=int(now) + _CLAIM)
    records[claimed.key] = claimed
    return Claim(claimed, is_first=not found.id)


def note_told(draft: Draft, notice: Notice, channel: Channel, *, refused: bool = False) -> None:
    """Note that a notice was sent in a channel, or that Discord refused it there, and give the claim back."""
    found = _stored(draft, notice)
    if found is None:
        return
    if refused:
        done = found._replace(refused=(*found.refused, channel), claimed_until=0)
    else:
        done = found._replace(told=(*found.told, channel), claimed_until=0)
    records = draft.records(REQUESTS)
    if done.about == "replaced":
        del records[done.key]  # nobody else is told
        return
    records[done.key] = done
    note = draft.notes.get(done.login)
    if done.about == "died" and done.told and note and note.dead and note.dead.fingerprint == done.mark:
        draft.notes[done.login] = note._replace(dead=note.dead._replace(told=True))  # older versions read this


def rest_notice(draft: Draft, notice: Notice, retry_at: float) -> None:
    """Let nobody try again to send a notice before `retry_at`, in unix seconds."""
    if found := _stored(draft, notice):
        draft.records(REQUESTS)[found.key] = found._replace(claimed_until=int(retry_at))


def _stored(draft: Draft, notice: Notice) -> Notice | None:
    """Return the notice as it is stored now; None if it was removed, or a newer one has its place."""
    found = draft.records(REQUESTS).get(notice.key)
    return found if isinstance(found, Notice) and found.id == notice.id else None


def _forget_old(draft: Draft, now: float) -> None:
    """Remove the records about logins that are no longer there, and limits that are over."""
    records = draft.records(REQUESTS)
    for key, record in [*records.items()]:
        if isinstance(record, Notice):
            is_over = _is_over(record, draft.get(record.login), draft.notes.get(record.login), now)
        else:
            is_over = isinstance(record, Limit) and record.until <= now
        if is_over:
            del records[key]


def _is_over(notice: Notice, entry: Entry | None, note: Note | None, now: float) -> bool:
    if notice.about == "variable-ends":
        return notice.at + _KEPT <= now
    if notice.about == "replaced":
        is_moot = generation_of(entry, note) == notice.mark or (note is not None and note.logged_in_by == notice.person)
        return is_moot and notice.at + _KEPT <= now
    if notice.about == "died":
        dead = dead_token(entry, note)
        return dead is None or dead.fingerprint != notice.mark
    return not isinstance(entry, LoginEntry) or last_token(entry).fingerprint() != notice.mark
