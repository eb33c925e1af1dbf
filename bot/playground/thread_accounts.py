"""Which account the agents of each thread get, and why: asked of the real store, as an agent asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, TypedDict

from openab_auth.oauth.errors import NotAgreedError
from openab_auth.oauth.runtime import Runtime
from openab_auth.oauth.threads import ThreadRecords, policies_in
from openab_auth.oauth.tokens import TokenSource
from openab_auth.storage import Store, ThreadId
from openab_auth.storage.entries import Entry
from openab_auth.storage.errors import OpenabAuthError
from openab_auth.storage.records import Note

NO_LOGIN: Final = "none"
LOGIN: Final = "there"
DEAD: Final = "dead"


class AccountView(TypedDict):
    """The login that agents get of a vendor, or the code of the error that they get instead, with its words.

    `state` is `there`, `dead` or `none`; `account` is the vendor's own name for it; `person` is the id of the person
    whose own account it is, or who has not agreed yet.
    """

    vendor: str
    login: str
    label: str
    person: str
    because: str
    problem: str
    told: str
    state: str
    account: str


class ThreadView(TypedDict):
    """A thread as the bot has recorded it for agents: its owner's id, if it has one, its policy and its accounts."""

    thread: str
    seen: bool
    owner: str
    policy: str
    accounts: list[AccountView]


class ThreadAccounts:
    """Ask in each of the `threads`, with one `TokenSource` for each.

    The first of the `vendors` is asked for always, each other one as soon as anybody is logged in there.
    """

    def __init__(self, store: Store, config: Path, vendors: Sequence[str], threads: Sequence[str]) -> None:
        self._runtime = Runtime(store, environ={"OPENAB_AUTH_CONFIG": str(config)})
        self._vendors = vendors
        self._sources = {thread: TokenSource(self._runtime, thread=thread) for thread in threads}

    async def view(self) -> list[ThreadView]:
        """Return a view of every thread.

        Raises:
            StorageError: the store cannot be read.
        """
        store = self._runtime.store
        records, entries, notes = ThreadRecords(await store.threads()), await store.read(), await store.notes()
        config = policies_in((await self._runtime.load_catalogue()).auth)
        used = {key.partition("@")[0] for key in entries}
        vendors = [vendor for vendor in self._vendors if vendor in {self._vendors[0], *used}]
        views: list[ThreadView] = []
        for thread, source in self._sources.items():
            id_ = ThreadId(int(thread))
            accounts = [await _account_view(source, vendor, entries, notes) for vendor in vendors]
            views.append(
                {
                    "thread": thread,
                    "seen": records.seen(id_) is not None,
                    "owner": str(records.owner(id_) or ""),
                    "policy": records.policy_of(id_, config),
                    "accounts": accounts,
                }
            )
        return views

    async def aclose(self) -> None:
        """Close the sources and the store."""
        for source in self._sources.values():
            await source.aclose()
        await self._runtime.aclose()


async def _account_view(
    source: TokenSource, vendor: str, entries: Mapping[str, Entry], notes: Mapping[str, Note]
) -> AccountView:
    view: AccountView = {
        "vendor": vendor,
        "login": "",
        "label": "",
        "person": "",
        "because": "",
        "problem": "",
        "told": "",
        "state": NO_LOGIN,
        "account": "",
    }
    try:
        chosen = await source.account_for(vendor)
    except OpenabAuthError as error:
        person = str(error.person) if isinstance(error, NotAgreedError) else ""
        return {**view, "problem": error.code, "told": error.happened, "person": person}
    login, note = chosen.account.tenant, notes.get(chosen.account.tenant)
    state = NO_LOGIN if login not in entries else DEAD if note is not None and note.dead is not None else LOGIN
    return {
        **view,
        "login": login,
        "label": chosen.account.label,
        "person": str(chosen.account.person or ""),
        "because": chosen.because,
        "state": state,
        "account": (note.account or "") if note else "",
    }
