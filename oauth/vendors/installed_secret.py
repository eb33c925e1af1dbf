"""Read the client secret of an installed app from the vendor's own program, where that is installed.

The secret of an installed app is not really secret, because everybody has the app (RFC 8252 8.5). This repository
contains no client secret all the same. The program is looked up on PATH, never in the working directory, and its file
is read by the rules of a config: nobody else may be able to change it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from openab_auth.oauth.config import find_program, read_trusted_file
from openab_auth.storage.secret import Secret

_LARGEST: Final = 64 << 20  # bytes; the bundle of Gemini CLI 0.61 has 17 MB in one file
_NEAR: Final = 4096  # characters between a client id and its secret
_SECRET: Final = re.compile(rb"[\"'](GOCSPX-[\w-]{16,64})[\"']")  # the form of Google's secrets


@dataclass(frozen=True, slots=True)
class _Program:
    """A program, and the files with its client: patterns below the folder above the program's own folder."""

    name: str
    files: tuple[str, ...]


_NPM: Final = "gemini-cli-core/dist/src/code_assist/oauth2.js"
PROGRAMS: Final = {
    # npm's @google/gemini-cli: 0.34 has `dist/index.js`, with its core nested or beside it; 0.61 `bundle/gemini.js`
    "gemini": _Program("gemini", (f"node_modules/@google/{_NPM}", f"../{_NPM}", "bundle/*.js")),
    # the editor: `bin/antigravity` below the app's folder (Linux) or below its resources (macOS)
    "agy": _Program("antigravity", ("resources/app/out/main.js", "out/main.js")),
}


class InstalledSecretError(Exception):
    """The installed program gave no secret; the text continues "its client needs a secret, and …"."""


def find_secret(vendor: str, client_id: str, environ: Mapping[str, str]) -> Secret:
    """Return the secret that belongs to `client_id` in the installed program of `vendor`, one of `PROGRAMS`.

    Raises:
        InstalledSecretError: the program is not installed, other users could have changed its file, or the file does
            not contain this client.
    """
    program = PROGRAMS[vendor]
    path = find_program(program.name, environ)
    if path is None:
        message = f"the program {program.name!r}, which has it, is not on PATH"
        raise InstalledSecretError(message)
    for file in _files(Path(path), program):
        try:
            text = read_trusted_file(file, environ, largest=_LARGEST)
        except OSError as error:
            message = f"{file} cannot be read for it: {error.strerror}"
            raise InstalledSecretError(message) from None
        if found := _secret_in(text, client_id.encode()):
            return Secret(found.decode())
    message = f"the program {os.path.realpath(path)} does not contain it where it is expected"
    raise InstalledSecretError(message)


def _files(program: Path, known: _Program) -> Iterator[Path]:
    """Yield the files that may contain the client, the largest first: a program is often a link into its package."""
    package = program.resolve().parent.parent
    for pattern in known.files:
        folder = package.parent if pattern.startswith("../") else package
        found = folder.glob(pattern.removeprefix("../"))
        yield from sorted(found, key=lambda file: file.lstat().st_size, reverse=True)


def _secret_in(text: bytes, client_id: bytes) -> bytes | None:
    at = text.find(client_id) if client_id else -1
    found = _SECRET.search(text, at, at + len(client_id) + _NEAR) if at >= 0 else None
    return found[1] if found else None
