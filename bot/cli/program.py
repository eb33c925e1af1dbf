"""A vendor's own login program at the console: it runs as it is, on the person's own terminal."""

from __future__ import annotations

import asyncio
import os
import shutil
from typing import TextIO

from oauth.errors import ProgramFailedError, ProgramMissingError
from oauth.vendor import Vendor


async def run_here(vendor: Vendor, output: TextIO) -> None:
    """Run it to its end; Ctrl-C reaches it as it reaches us.

    Raises:
        ProgramMissingError: it is not installed.
        ProgramFailedError: it says that it failed.
    """
    path = shutil.which(vendor.command[0])
    if path is None:
        raise ProgramMissingError(vendor.name, vendor.command[0])
    environ = {name: value for name, value in os.environ.items() if name != "DISCORD_TOKEN"}
    process = await asyncio.create_subprocess_exec(path, *vendor.command[1:], stdout=output, env=environ)
    status = await process.wait()
    if status:
        raise ProgramFailedError(vendor.name, status, "")
