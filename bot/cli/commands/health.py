"""`health`: ask the running bot or broker whether it is ready; for the probes of containers."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from openab_auth.bot.cli.exit_status import CHECK_FAILED, DONE
from openab_auth.bot.cli.output import print_result
from openab_auth.oauth.config import parse_config
from openab_auth.oauth.errors import ConfigError, one_line

if TYPE_CHECKING:
    from openab_auth.oauth.config import Config, IpAddress

_NO_ADDRESS: Final = 'is missing, so there is nothing to ask; set it, for example to "127.0.0.1:9464"'
_LONGEST: Final = 1000  # characters of a word of a check
_ANY_PORT: Final = "names no port that could be asked; write the port instead of 0"


async def health(arguments: argparse.Namespace) -> int:
    """Print the state of each check; the exit status is 1 unless the process is ready.

    Raises:
        ConfigError: the config has no address to ask, or mistakes in `[bot]` or `[broker]`.
        BrokerError: the broker has neither an address nor a standard socket here.
    """
    from openab_auth.bot.health.asking import ask  # noqa: PLC0415 - not before the event loop

    config = parse_config(Path(arguments.config) if arguments.config else None, os.environ)
    answer = await ask(_place(config, arguments.process))
    lines = [_line(check) for check in answer.checks] or ["FAIL nothing is checked"]
    result = {"ready": answer.ready, "checks": [*answer.checks]}
    print_result(result, "\n".join(lines), as_json=arguments.json)
    return DONE if answer.ready else CHECK_FAILED


def _place(config: Config, process: str | None) -> IpAddress | Path:
    """Return the address of the process; a broker without one is asked on its standard socket."""
    if wrong := tuple(one for one in config.mistakes if one[0].partition(".")[0] in {"bot", "broker"}):
        raise ConfigError(config.file or "the config", wrong)
    if process is None:
        process = "broker" if config.bot.health is None and config.broker.health is not None else "bot"
    address = config.bot.health if process == "bot" else config.broker.health
    if address is None and process == "broker":
        from openab_auth.bot.broker import default_socket  # noqa: PLC0415 - few probes ask a socket

        return default_socket(os.environ)
    if address is None or not address.port:
        reason = _ANY_PORT if address else _NO_ADDRESS
        raise ConfigError(config.file or "the config", ((f"{process}.health", reason),))
    return address


def _line(check: dict[str, object]) -> str:
    """Return a check on one line; another program may have written its words."""
    name, message, hint = (one_line(str(check.get(key) or ""), longest=_LONGEST) for key in ("name", "message", "hint"))
    state = "ok  " if check.get("ok") is True else "FAIL"
    return f"{state} {name}{message and f': {message}'}{hint and f'; {hint}'}"
