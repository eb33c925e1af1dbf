"""The page over HTTP: its files, its live channel, and the actions of a person as JSON."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from aiohttp import web
from aiohttp.typedefs import Handler

from openab_auth.bot.playground.bot_process import BotNotStartedError
from openab_auth.bot.playground.discord import (
    PERMISSIONS,
    ActionRefusedError,
    Modal,
    OptionValue,
    Person,
    ShownResponse,
    Where,
)
from openab_auth.bot.playground.experiments import NotPossibleNowError
from openab_auth.bot.playground.live_updates import LiveUpdates
from openab_auth.bot.playground.loopback import listen, serving
from openab_auth.bot.playground.page_access import PageAccess
from openab_auth.bot.playground.store import PlaygroundStore
from openab_auth.storage import StorageError

_FILES: Final = Path(__file__).parent / "page"
_OPEN_MODALS: Final = 50


class Place(NamedTuple):
    """A place that the page shows: a `channel`, a `thread` of the channel before it, or the `dm` with the bot.

    A channel has a policy (`accounts`), a thread has an `owner`.
    """

    where: Where
    name: str
    kind: str
    accounts: str = ""
    owner: str = ""


class Page:
    """Turn the page's requests into actions of a person in the embedded Discord, and into experiments."""

    def __init__(
        self,
        live: LiveUpdates,
        people: Mapping[str, Person],
        who: Mapping[str, str],
        places: Sequence[Place],
        store: PlaygroundStore,
    ) -> None:
        self._live = live
        self._people = people
        self._who = who
        self._places: dict[str, Place] = {place.where: place for place in places}
        self._store = {"kind": store.kind, "name": store.name}
        self._modals: dict[str, Modal] = {}

    def routes(self) -> list[web.RouteDef]:
        """Return the page's routes."""
        acts = {
            "complete": self._complete,
            "slash": self._slash,
            "press": self._press,
            "choose": self._choose,
            "submit": self._submit,
            "say": self._say,
            "experiment": self._experiment,
            "permission": self._permission,
        }
        return [
            web.get("/", _index),
            *(web.get(f"/{file.relative_to(_FILES)}", _file) for file in _FILES.rglob("*.*") if file.suffix != ".html"),
            web.get("/attachments/{attachment}/{filename}", self._attachment),
            web.get("/api/start", self._start),
            web.get("/api/live", self._stream),
            *(web.post(f"/api/{name}", act) for name, act in acts.items()),
        ]

    async def _attachment(self, request: web.Request) -> web.Response:
        return self._live.discord.attachment(request.match_info["attachment"])

    async def _start(self, _request: web.Request) -> web.Response:
        people = [{"name": name, "who": self._who[name]} for name in self._people]
        names = {number: user["username"] for number, user in self._live.discord.state.users.items()}
        places = [{**place._asdict(), "id": self._id_of(place)} for place in self._places.values()]
        return web.json_response({"people": people, "names": names, "places": places, "store": self._store})

    def _id_of(self, place: Place) -> str:
        return "" if place.kind == "dm" else self._live.discord.state.channel_id("", place.where)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        return await self._live.stream(request, self._person(request.query), self._where(request.query))

    async def _complete(self, request: web.Request) -> web.Response:
        asked = await _body(request)
        choices = await self._person(asked).complete_option(
            _text(asked, "command"),
            _text(asked, "option"),
            _text(asked, "value"),
            where=self._where(asked),
            **_options(asked),
        )
        return web.json_response({"choices": [{"name": each.name, "value": each.value} for each in choices]})

    async def _slash(self, request: web.Request) -> web.Response:
        asked = await _body(request)
        command, options = _text(asked, "command"), _options(asked)
        return self._told(await self._person(asked).slash(command, where=self._where(asked), **options))

    async def _press(self, request: web.Request) -> web.Response:
        asked = await _body(request)
        return self._told(await self._person(asked).press(_text(asked, "message"), _text(asked, "custom_id")))

    async def _choose(self, request: web.Request) -> web.Response:
        asked = await _body(request)
        values = asked.get("values", [])
        if not isinstance(values, list):
            raise web.HTTPBadRequest(text="values must be an array.")
        person, chosen = self._person(asked), map(str, values)
        return self._told(await person.choose(_text(asked, "message"), _text(asked, "custom_id"), *chosen))

    async def _submit(self, request: web.Request) -> web.Response:
        asked = await _body(request)
        key = _text(asked, "modal")
        if key not in self._modals:
            raise web.HTTPConflict(text="This form is no longer open. Press the button again.")
        answer = await self._modals[key].submit(**_texts(asked, "fields"))
        self._modals.pop(key, None)  # a refused form stays open
        return self._told(answer)

    async def _say(self, request: web.Request) -> web.Response:
        asked = await _body(request)
        await self._person(asked).say(_text(asked, "text"), where=self._where(asked))
        return web.json_response({})

    async def _experiment(self, request: web.Request) -> web.Response:
        act = self._live.experiments.acts().get(_text(await _body(request), "experiment"))
        if act is None:
            raise web.HTTPBadRequest(text="This experiment does not exist.")
        await act()
        return web.json_response({})

    async def _permission(self, request: web.Request) -> web.Response:
        asked = await _body(request)
        name, may, where = _text(asked, "permission"), asked.get("may"), self._where(asked)
        permission = next((each for each in PERMISSIONS if each == name), None)
        if permission is None or not isinstance(may, bool) or self._places[where].kind != "channel":
            raise web.HTTPBadRequest(text="permission and where must name a permission in a channel, may is a boolean.")
        await self._live.discord.allow_bot(permission, where, may=may)
        return web.json_response({})

    def _told(self, answer: ShownResponse | Modal) -> web.Response:
        """Return the form that opened, or nothing, because the live channel shows messages.

        Raises:
            HTTPGatewayTimeout: the bot did not respond.
        """
        if isinstance(answer, ShownResponse):
            if answer.failed:
                raise web.HTTPGatewayTimeout(text="The application did not respond.")
            if answer.modal is None:
                return web.json_response({})
            answer = answer.modal
        while len(self._modals) >= _OPEN_MODALS:
            self._modals.pop(next(iter(self._modals)))
        key = secrets.token_hex(8)
        self._modals[key] = answer
        return web.json_response({"modal": {"id": key, "title": answer.title, "fields": answer.fields}})

    def _person(self, asked: Mapping[str, Any]) -> Person:
        person = self._people.get(_text(asked, "person"))
        if person is None:
            raise web.HTTPBadRequest(text="There is no person with this name.")
        person.locale = _text(asked, "locale") or person.locale  # the current language of the person's client
        return person

    def _where(self, asked: Mapping[str, Any]) -> Where:
        place = self._places.get(_text(asked, "where") or "guild")
        if place is None:
            raise web.HTTPBadRequest(text="This place does not exist.")
        return place.where


@asynccontextmanager
async def serve_page(page: Page, port: int) -> AsyncIterator[str]:
    """Serve the page on 127.0.0.1 while the block runs, and yield its address with the key.

    Raises:
        OSError: another process uses the port.
    """
    with listen(port) as listener:
        access = PageAccess(listener.getsockname()[1], secrets.token_urlsafe(24))
        app = web.Application(middlewares=[access.check, _tell_refusals], client_max_size=65_536)
        app.on_response_prepare.append(access.mark)
        app.add_routes(page.routes())
        async with serving(app, listener, grace=0.5):
            yield access.address


@web.middleware
async def _tell_refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Reply 409 with the reason when the embedded Discord or an experiment refuses an action."""
    try:
        return await handler(request)
    except (ActionRefusedError, NotPossibleNowError, StorageError, BotNotStartedError) as error:
        raise web.HTTPConflict(text=str(error)) from error


async def _index(_request: web.Request) -> web.FileResponse:
    return web.FileResponse(_FILES / "index.html")


async def _file(request: web.Request) -> web.FileResponse:
    return web.FileResponse(_FILES / request.path.removeprefix("/"))


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except (ValueError, RecursionError, LookupError):  # LookupError: an unknown charset
        body = None
    if request.content_type != "application/json" or not isinstance(body, dict):
        raise web.HTTPBadRequest(text="The request body must be a JSON object.")
    return body


def _text(asked: Mapping[str, Any], name: str) -> str:
    value = asked.get(name, "")
    if not isinstance(value, str):
        raise web.HTTPBadRequest(text=f"{name} must be a string.")
    return value


def _texts(asked: Mapping[str, Any], name: str) -> dict[str, str]:
    value = asked.get(name, {})
    if not isinstance(value, dict):
        raise web.HTTPBadRequest(text=f"{name} must be an object.")
    return {str(key): _text(value, key) for key in value}


def _options(asked: Mapping[str, Any]) -> dict[str, OptionValue]:
    options = asked.get("options", {})
    if not isinstance(options, dict) or not all(isinstance(each, (str, int)) for each in options.values()):
        raise web.HTTPBadRequest(text="options must be an object of strings, numbers and booleans.")
    if options.keys() & {"command", "where"}:
        raise web.HTTPBadRequest(text="No command has an option of this name.")
    return options
