"""A vendor's own login program at the console: it runs as it is, on the person's own terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TextIO

from openab_auth.oauth.config import find_program, working_folder
from openab_auth.oauth.errors import ProgramFailedError, ProgramMissingError
from openab_auth.oauth.vendors import Vendor


async def run_here(vendor: Vendor, output: TextIO, environ: Mapping[str, str]) -> None:
    """Run it to its end, with `environ` as its environment; Ctrl-C reaches it as it reaches us.

    Raises:
        ProgramMissingError: it is not installed.
        ProgramFailedError: it says that it failed.
    """
    path = find_program(vendor.command[0], environ)
    if path is None:
        raise ProgramMissingError(vendor.name, vendor.command[0])
    words = (path, *vendor.command[1:])
    process = await asyncio.create_subprocess_exec(*words, stdout=output, env=environ, cwd=working_folder(environ))
    status = await process.wait()
    if status:
        raise ProgramFailedError(vendor.name, status, "")
