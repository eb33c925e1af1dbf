"""A vendor's own login program at the console: it runs as it is, on the person's own terminal."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping
from typing import TextIO

from oauth.errors import ProgramFailedError, ProgramMissingError
from oauth.vendor import Vendor


async def run_here(vendor: Vendor, output: TextIO, environ: Mapping[str, str]) -> None:
    """Run it to its end, with `environ` as its environment; Ctrl-C reaches it as it reaches us.

    Raises:
        ProgramMissingError: it is not installed.
        ProgramFailedError: it says that it failed.
    """
    path = shutil.which(vendor.command[0])
    if path is None:
        raise ProgramMissingError(vendor.name, vendor.command[0])
    process = await asyncio.create_subprocess_exec(path, *vendor.command[1:], stdout=output, env=environ)
    status = await process.wait()
    if status:
        raise ProgramFailedError(vendor.name, status, "")
