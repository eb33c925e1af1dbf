"""The page over HTTP: what a person sees, and what a person can do, as JSON."""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, Literal

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.playground.discord import Answer, EmbeddedDiscord, Modal, Person, RefusedError
from bot.playground.gate import Gate
from bot.playground.issuer import Issuer
from bot.playground.ledger import posted_facts, store_facts
from storage import Store
from storage.errors import StorageError

_FILES: Final = Path(__file__).parent / "page"
_NAMES: Final = {"/": "index.html", "/page.js": "page.js", "/page.css": "page.css"}
_OPEN_MODALS: Final = 50
_GROUPS: Final = (1, 2)  # option types: a subcommand, a group of them
_LOCATION: Final = "auth.json of this playground. Secrets are shown as marks only; all is gone when it ends."


class Page:
    """Turns requests of the page into acts of a person at the embedded Discord."""

    def __init__(
        self,
        discord: EmbeddedDiscord,
        issuer: Issuer,
        people: Mapping[str, Person],
        who: Mapping[str, str],
        store: Store,
    ) -> None:
        self._discord = discord
        self._issuer = issuer
        self._people = people
        self._who = who
        self._store = store
        self._modals: dict[str, Modal] = {}

    def routes(self) -> list[web.RouteDef]:
        """What the page asks for."""
        acts = {
            "complete": self._complete,
            "slash": self._slash,
            "press": self._press,
            "submit": self._submit,
            "dm": self._dm,
        }
        return [
            *(web.get(path, _file) for path in _NAMES),
            web.get("/api/start", self._start),
            web.get("/api/view", self._view),
            *(web.post(f"/api/{name}", act) for name, act in acts.items()),
        ]

    async def _start(self, _request: web.Request) -> web.Response:
        people = [{"name": name, "who": self._who[name]} for name in self._people]
        return web.json_response({"people": people, "commands": _flat(self._discord.commands()), "store": _LOCATION})

    async def _view(self, request: web.Request) -> web.Response:
        person = self._person(request.query)
        try:
            store = await asyncio.to_thread(store_facts, self._store)
        except StorageError as error:
            store = [{"title": "The store cannot be read", "facts": {"reason": str(error)}}]
        posted = posted_facts(seen for seen in self._issuer.requests() if seen.method == "POST")
        messages = person.view(_where(request.query))
        return web.json_response({"messages": messages, "store": store, "posted": posted})

    async def _complete(self, request: web.Request) -> web.Response:
        asked = await _body(request)
        choices = await self._person(asked).complete_option(
            _text(asked, "command"), _text(asked, "option"), _text(asked, "value"), where=_where(asked)
        )
        return web.json_response({"choices": [{"name": each.name, "value": each.value} for each in choices]})

    async def _slash(self, request: web.Request) -> web.Response:
        asked = await _body(request)
        person, options = self._person(asked), _texts(asked, "options")
        if options.keys() & {"command", "where"}:
            raise web.HTTPBadRequest(text="No command has such an option.")
        return _told(await person.slash(_text(asked, "command"), where=_where(asked), **options))

    async def _press(self, request: web.Request) -> web.Response:
        asked = await _body(request)
        pressed = await self._person(asked).press(_text(asked, "message"), _text(asked, "custom_id"))
        if not isinstance(pressed, Modal):
            return _told(pressed)
        while len(self._modals) >= _OPEN_MODALS:
            self._modals.pop(next(iter(self._modals)))
        key = secrets.token_hex(8)
        self._modals[key] = pressed
        return web.json_response({"modal": {"id": key, "title": pressed.title, "fields": pressed.fields}})

    async def _submit(self, request: web.Request) -> web.Response:
        asked = await _body(request)
        key = _text(asked, "modal")
        if key not in self._modals:
            raise web.HTTPConflict(text="This form is no longer open. Press the button again.")
        answer = await self._modals[key].submit(**_texts(asked, "fields"))
        self._modals.pop(key, None)  # a form that was refused stays open
        return _told(answer)

    async def _dm(self, request: web.Request) -> web.Response:
        asked = await _body(request)
        await self._person(asked).send_dm(_text(asked, "text"))
        return web.json_response({})

    def _person(self, asked: Mapping[str, Any]) -> Person:
        person = self._people.get(_text(asked, "person"))
        if person is None:
            raise web.HTTPBadRequest(text="Nobody of this name is here.")
        return person


@asynccontextmanager
async def serving(page: Page, port: int) -> AsyncIterator[str]:
    """Serve the page on 127.0.0.1 while the block runs; yields the address to open, with the secret of this start.

    Raises:
        OSError: the port is taken.
    """
    with socket.create_server(("127.0.0.1", port)) as listener:
        gate = Gate(listener.getsockname()[1], secrets.token_urlsafe(24))
        app = web.Application(middlewares=[gate.check, _tell_refusals], client_max_size=65_536)
        app.add_routes(page.routes())
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.5)
        await runner.setup()
        try:
            await web.SockSite(runner, listener).start()
            yield gate.address
        finally:
            await runner.cleanup()


@web.middleware
async def _tell_refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """What the embedded Discord refuses is said on the page, as a client would say it."""
    try:
        return await handler(request)
    except RefusedError as error:
        raise web.HTTPConflict(text=str(error)) from error


def _told(answer: Answer) -> web.Response:
    """Nothing more: what was answered is in the view. A bot that did not answer is said as Discord says it."""
    if answer.failed:
        raise web.HTTPGatewayTimeout(text="The application did not respond.")
    return web.json_response({})


def _flat(commands: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Every command that can be typed, subcommands by their whole name, with their options."""
    found: list[dict[str, Any]] = []
    for command in commands:
        options = command.get("options") or []
        inner = [option for option in options if option["type"] in _GROUPS]
        if inner:
            found += [{**each, "name": f"{command['name']} {each['name']}"} for each in _flat(inner)]
        else:
            found.append({"name": command["name"], "description": command["description"], "options": options})
    return found


async def _file(request: web.Request) -> web.FileResponse:
    return web.FileResponse(_FILES / _NAMES[request.path])


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        body = None
    if request.content_type != "application/json" or not isinstance(body, dict):
        raise web.HTTPBadRequest(text="A JSON object is needed.")
    return body


def _text(asked: Mapping[str, Any], name: str) -> str:
    value = asked.get(name, "")
    if not isinstance(value, str):
        raise web.HTTPBadRequest(text=f"{name} must be a text.")
    return value


def _texts(asked: Mapping[str, Any], name: str) -> dict[str, str]:
    value = asked.get(name, {})
    if not isinstance(value, dict):
        raise web.HTTPBadRequest(text=f"{name} must be an object.")
    return {str(key): _text(value, key) for key in value}


def _where(asked: Mapping[str, Any]) -> Literal["guild", "dm"]:
    return "dm" if asked.get("where") == "dm" else "guild"
