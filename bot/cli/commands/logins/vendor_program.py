"""Run a vendor's own login program on the person's terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TextIO

from openab_auth.oauth.config import find_program, working_folder
from openab_auth.oauth.errors import ProgramFailedError, ProgramMissingError
from openab_auth.oauth.vendors import Vendor


async def run_here(vendor: Vendor, output: TextIO, environ: Mapping[str, str]) -> None:
    """Run the vendor's program to its end, with `environ` as its environment; Ctrl-C reaches it, too.

    Raises:
        ProgramMissingError: the program is not installed.
        ProgramFailedError: the program ended with an error.
    """
    path = find_program(vendor.command[0], environ)
    if path is None:
        raise ProgramMissingError(vendor.name, vendor.command[0])
    words = (path, *vendor.command[1:])
    process = await asyncio.create_subprocess_exec(*words, stdout=output, env=environ, cwd=working_folder(environ))
    status = await process.wait()
    if status:
        raise ProgramFailedError(vendor.name, status, "")
