"""Change the records about requests; each function changes a draft, inside an update of the store."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from openab_auth.oauth.errors import TooManyRequestsError
from openab_auth.oauth.requests.open_requests import DAY, LIFETIME, OpenRequests
from openab_auth.oauth.threads.records import ThreadRecords
from openab_auth.storage.records.requests import (
    REQUESTS,
    LoginRequest,
    RequestMessage,
    WrittenMessages,
    messages_key,
    request_key,
)

if TYPE_CHECKING:
    from openab_auth.oauth.accounts import Account
    from openab_auth.storage import Draft, ThreadId

MOST_IN_THREAD: Final = 3  # open requests
MOST: Final = 200  # open requests of one store
_CLAIM: Final = 60  # seconds; after a crash another bot writes the message
_ID: Final = 6  # bytes


def put_request(draft: Draft, account: Account, thread: ThreadId, reason: str, now: float) -> bool:
    """Note that an agent in a thread needs a login; return False if an agent there asked for it already.

    Asking again keeps the request open and replaces its reason.

    Raises:
        TooManyRequestsError: the thread or the store has its most open requests.
    """
    records = draft.records(REQUESTS)
    _forget_old(draft, now)
    requests = OpenRequests(records, now)
    if before := requests.find(thread, account.tenant):
        reason = reason or before.reason
        records[request_key(thread, account.tenant)] = before._replace(asked_at=int(now), reason=reason)
        return False
    if (oldest := check_room(requests, ThreadRecords(draft.threads), thread)) is not None:
        del records[request_key(oldest.thread, oldest.login)]
    request = LoginRequest(secrets.token_hex(_ID), thread, account.tenant, account.name, reason, int(now))
    records[request_key(thread, account.tenant)] = request
    return True


def check_room(requests: OpenRequests, threads: ThreadRecords, thread: ThreadId) -> LoginRequest | None:
    """Return the request that makes way for a new one in `thread`; None if there is room.

    Nobody can answer in a thread that no bot has seen. So agents that name such threads keep no other agent out.

    Raises:
        TooManyRequestsError: the thread or the store has its most open requests.
    """
    is_open = requests.open()
    if sum(1 for request in is_open if request.thread == thread) >= MOST_IN_THREAD:
        raise TooManyRequestsError(MOST_IN_THREAD, everywhere=False)
    if len(is_open) < MOST:
        return None
    for request in is_open:
        if threads.seen(request.thread) is None:
            return request
    raise TooManyRequestsError(MOST, everywhere=True)


def claim_message(draft: Draft, request: LoginRequest, now: float) -> bool:
    """Claim the message of a request for this bot; return False if another bot has it, or the day's messages are out.

    `request` is the request as this bot has read it. If its message was written or edited since, the work is done.
    A new message counts as written: a crash may cost one of a day's messages, and never adds one.
    """
    found = _stored(draft, request)
    requests = OpenRequests(draft.records(REQUESTS), now)
    if found is None or found.message != request.message or requests.is_claimed(found):
        return False
    if found.message is None and requests.is_open(found):
        if not requests.may_write(found.thread):
            return False
        times = (*requests.written(found.thread), int(now))
        draft.records(REQUESTS)[messages_key(found.thread)] = WrittenMessages(times)
    _put(draft, found._replace(claimed_until=int(now) + _CLAIM))
    return True


def note_message(draft: Draft, request: LoginRequest, message: RequestMessage, trouble: str) -> None:
    """Note the message that the bot wrote about a request, and give the claim back."""
    if found := _stored(draft, request):
        _put(draft, found._replace(message=message, trouble=trouble, claimed_until=0))


def note_trouble(draft: Draft, request: LoginRequest, trouble: str, retry_at: float, now: float) -> None:
    """Note why the bot could not write about a request; nobody tries again before `retry_at`, in unix seconds.

    A message that was not written does not count.
    """
    found = _stored(draft, request)
    if found is None:
        return
    _put(draft, found._replace(trouble=trouble, claimed_until=int(retry_at)))
    written = OpenRequests(draft.records(REQUESTS), now).written(found.thread)
    if found.message is None and written:
        draft.records(REQUESTS)[messages_key(found.thread)] = WrittenMessages(written[:-1])


def note_lost_message(draft: Draft, request: LoginRequest) -> None:
    """Note that the message about a request cannot be edited any more; a bot then writes a new one.

    The request gets a new id: with the old nonce, Discord would return the old message instead of taking a new one.
    """
    if found := _stored(draft, request):
        _put(draft, found._replace(id=secrets.token_hex(_ID), message=None, claimed_until=0))


def forget_requests(draft: Draft, thread: ThreadId) -> None:
    """Remove everything about the requests in a thread that was deleted."""
    records = draft.records(REQUESTS)
    for key, record in [*records.items()]:
        if key == messages_key(thread) or (isinstance(record, LoginRequest) and record.thread == thread):
            del records[key]


def end_request(draft: Draft, request: LoginRequest) -> bool:
    """Remove a request; return False if another bot has removed it, or an agent has asked anew meanwhile."""
    found = _stored(draft, request)
    if found is None or found.asked_at != request.asked_at:
        return False
    del draft.records(REQUESTS)[request_key(request.thread, request.login)]
    return True


def _stored(draft: Draft, request: LoginRequest) -> LoginRequest | None:
    """Return the request as it is stored now; None if it was removed, or is another one for the same login."""
    found = draft.records(REQUESTS).get(request_key(request.thread, request.login))
    return found if isinstance(found, LoginRequest) and found.id == request.id else None


def _put(draft: Draft, request: LoginRequest) -> None:
    draft.records(REQUESTS)[request_key(request.thread, request.login)] = request


def _forget_old(draft: Draft, now: float) -> None:
    """Remove the requests that nobody has answered, and old times. A message has a day in which a bot can end it."""
    records = draft.records(REQUESTS)
    for key, record in [*records.items()]:
        if isinstance(record, LoginRequest):
            if abs(now - record.asked_at) >= LIFETIME + (DAY if record.message else 0):
                del records[key]
        elif isinstance(record, WrittenMessages) and not any(abs(now - at) < DAY for at in record.at):
            del records[key]
