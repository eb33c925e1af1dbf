"""Files that a bot attaches to its messages: read from the request, kept, and shown as Discord shows them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from aiohttp import web

from openab_auth.bot.playground.discord.limits import count, length
from openab_auth.bot.playground.discord.model import Json

_MOST: Final = 10
_DESCRIPTION: Final = 1024  # characters; what a screen reader says
Files: TypeAlias = Mapping[int, tuple[str, bytes]]  # by number: name and bytes
_TYPES: Final = {"gif": "image/gif", "png": "image/png"}


@dataclass(frozen=True, slots=True)
class Upload:
    """One file, and how it is shown."""

    shown: Json
    data: bytes


class Uploads:
    """Every file that was attached; `base` is the address under which they are served."""

    def __init__(self, base: str, new_id: Callable[[], str]) -> None:
        self._base = base
        self._new_id = new_id
        self._kept: dict[str, Upload] = {}

    def serve(self, attachment_id: str) -> web.Response:
        """The file of this id.

        Raises:
            HTTPNotFound: there is none.
        """
        if attachment_id not in self._kept:
            raise web.HTTPNotFound
        upload = self._kept[attachment_id]
        return web.Response(body=upload.data, content_type=str(upload.shown["content_type"]))

    def message(self, body: Json, files: Files) -> Json:
        """The message `body`, its attachments replaced by what Discord shows of them.

        Raises:
            FormError: there are too many, or a description is too long.
        """
        if "attachments" not in body:
            return body
        named = body["attachments"] or []
        count(named, "attachments", _MOST)
        for number, each in enumerate(named):
            length(each.get("description"), f"attachments.{number}.description", _DESCRIPTION)
        shown = [self._shown(each, files) for each in named]
        return {**body, "attachments": [each for each in shown if each is not None]}

    def _shown(self, named: Mapping[str, Any], files: Files) -> Json | None:
        number = int(named["id"])
        if number not in files:  # one that the message has already
            known = self._kept.get(str(named["id"]))
            return known.shown if known else None
        filename, data = files[number]
        id_ = self._new_id()
        address = f"{self._base}/{id_}/{filename}"
        shown = {
            "id": id_,
            "filename": filename,
            "description": named.get("description"),
            "content_type": _TYPES.get(filename.rpartition(".")[2], "application/octet-stream"),
            "size": len(data),
            "url": address,
            "proxy_url": address,
        }
        self._kept[id_] = Upload(shown, data)
        return shown


async def read_form(request: web.Request) -> tuple[object, Files]:
    """The JSON and the files of a request that brings both."""
    form = await request.post()
    files = {
        int(name.removeprefix("files[").removesuffix("]")): (field.filename, field.file.read())
        for name, field in form.items()
        if isinstance(field, web.FileField)
    }
    return json.loads(str(form.get("payload_json", "null"))), files
