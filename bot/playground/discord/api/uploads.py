"""Files that a bot attaches to its messages: read, stored and described as Discord does it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from aiohttp import web

from openab_auth.bot.playground.discord.guild import Json
from openab_auth.bot.playground.discord.rules import count, length

_MOST: Final = 10
_DESCRIPTION: Final = 1024  # characters; screen readers read this text
Files: TypeAlias = Mapping[int, tuple[str, bytes]]  # name and bytes by number
_TYPES: Final = {"gif": "image/gif", "png": "image/png"}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file, and Discord's description of the file."""

    shown: Json
    data: bytes


class Uploads:
    """Store all attached files; `base` is the address under which they are served."""

    def __init__(self, base: str, new_id: Callable[[], str]) -> None:
        self._base = base
        self._new_id = new_id
        self._kept: dict[str, Upload] = {}

    def serve(self, attachment_id: str) -> web.Response:
        """Return the file with this id.

        Raises:
            HTTPNotFound: there is no file with this id.
        """
        if attachment_id not in self._kept:
            raise web.HTTPNotFound
        upload = self._kept[attachment_id]
        return web.Response(body=upload.data, content_type=str(upload.shown["content_type"]))

    def message(self, body: Json, files: Files) -> Json:
        """Return the message `body` with Discord's description of each attachment.

        Raises:
            FormError: there are too many attachments, or a description is too long.
        """
        if "attachments" not in body:
            return body
        named = body["attachments"] or []
        count(named, "attachments", _MOST)
        for number, each in enumerate(named):
            length(each.get("description"), f"attachments.{number}.description", _DESCRIPTION)
        shown = [self._shown(each, files) for each in named]
        attached = [each for each in shown if each is not None]
        return {**body, "attachments": attached}

    def _shown(self, named: Mapping[str, Any], files: Files) -> Json | None:
        number = int(named["id"])
        if number not in files:  # the message has this file already
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
    """Return the JSON and the files of a multipart request."""
    form = await request.post()
    files = {
        int(name.removeprefix("files[").removesuffix("]")): (field.filename, field.file.read())
        for name, field in form.items()
        if isinstance(field, web.FileField)
    }
    return json.loads(str(form.get("payload_json", "null"))), files
