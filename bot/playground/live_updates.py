"""The live channel to a browser: one line of JSON for each change on the page."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from openab_auth.bot.playground.discord import EmbeddedDiscord, Person, Where
from openab_auth.bot.playground.experiments import Experiments
from openab_auth.bot.playground.issuer import KEY_CHECK, Issuer, ReceivedRequest
from openab_auth.bot.playground.masked_views import EntryView, entry_views, request_views
from openab_auth.bot.playground.thread_accounts import ThreadAccounts, ThreadView
from openab_auth.storage import StorageError, Store

_LOOK: Final = 0.05  # seconds between two looks at files, locks and processes; Discord reports its changes
_GROUPS: Final = (1, 2)  # option types: subcommand, subcommand group


@dataclass(slots=True)
class LiveUpdates:
    """Collect what the page shows: Discord as one person sees it, and the state behind it."""

    discord: EmbeddedDiscord
    issuer: Issuer
    store: Store
    experiments: Experiments
    threads: ThreadAccounts

    async def stream(self, request: web.Request, person: Person, where: Where) -> web.StreamResponse:
        """Send everything that `person` sees in `where`, then each changed part, until the browser disconnects."""
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await response.prepare(request)
        sent: dict[str, str] = {}
        while request.transport is not None and not request.transport.is_closing():
            await self.experiments.locks.look()
            parts = self._parts(person, where)
            parts |= {"store": await asyncio.to_thread(store_view, self.store), "threads": await self._thread_views()}
            texts = {name: json.dumps(part) for name, part in parts.items()}
            news = [f"{json.dumps(name)}: {text}" for name, text in texts.items() if sent.get(name) != text]
            if news:
                try:
                    await response.write(f"{{{', '.join(news)}}}\n".encode())
                except ConnectionError:
                    break
            sent = texts
            await self.discord.next_change(_LOOK)
        return response

    async def _thread_views(self) -> list[ThreadView]:
        try:
            return await self.threads.view()
        except StorageError:  # the view of the store says why
            return []

    def _parts(self, person: Person, where: Where) -> dict[str, Any]:
        locks = self.experiments.locks
        return {
            "messages": person.view(where),
            "commands": typed_commands(self.discord.commands()),
            "posted": request_views(seen for seen in self.issuer.requests() if _is_shown(seen)),
            "permissions": self.discord.permissions(),
            "locks": {"source": locks.source, "now": locks.now(), "past": locks.past()},
            **self.experiments.view(),
        }


def _is_shown(seen: ReceivedRequest) -> bool:
    return seen.method == "POST" or seen.path == KEY_CHECK


def store_view(store: Store) -> list[EntryView]:
    """Return a view of the store, or of the reason why it cannot be read; this blocks."""
    try:
        return entry_views(store)
    except StorageError as error:
        return [{"title": "The store cannot be read", "kind": "problem", "facts": {"why": str(error)}}]


def typed_commands(commands: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return every command with its options; a subcommand has its full name in each language."""
    found: list[dict[str, Any]] = []
    for command in commands:
        options = command.get("options") or []
        inner = [option for option in options if option["type"] in _GROUPS]
        if inner:
            found += [_within(command, each) for each in typed_commands(inner)]
        else:
            kept = ("name", "name_localizations", "description", "description_localizations")
            found.append({**{key: command.get(key) for key in kept}, "options": options})
    return found


def _within(group: Mapping[str, Any], command: dict[str, Any]) -> dict[str, Any]:
    outer, inner = group.get("name_localizations") or {}, command["name_localizations"] or {}
    names = {
        locale: f"{outer.get(locale, group['name'])} {inner.get(locale, command['name'])}"
        for locale in outer.keys() | inner.keys()
    }
    return {**command, "name": f"{group['name']} {command['name']}", "name_localizations": names}
