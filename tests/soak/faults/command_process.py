"""A program that runs commands of the command line, each in a forked child with its own fault.

Forking saves the imports, so that thousands of commands run in minutes. Each line on standard input is a JSON object:
{"words", "fault", "folder", "log", "home", "said"}. The child's output goes to the file `said`; the answer is a line
{"status"}.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

from openab_auth.bot.cli import main
from openab_auth.bot.cli.commands import status
from openab_auth.bot.cli.commands.agents import exec as exec_command
from openab_auth.bot.cli.commands.agents import tokens
from openab_auth.bot.cli.commands.logins import login
from openab_auth.oauth.flows.device import approval
from openab_auth.oauth.flows.exchange import copilot_token
from openab_auth.oauth.tokens import refresh
from tests.soak.faults.fault_shim import Fault, arm

PATIENCE = 90  # seconds; SIGALRM ends a command that hangs longer
IMPORTED = (exec_command, status, login, tokens, copilot_token, refresh, approval)  # before the fork, for the commands
RAISED = 99  # the exit status of a child whose command raised


def main_loop(library: Path) -> None:
    """Run what standard input asks for, until it ends."""
    os.environ.pop("LD_PRELOAD", None)  # `exec` hands its variables on
    for line in sys.stdin:
        asked = json.loads(line)
        pid = os.fork()
        if pid == 0:
            os._exit(_run(library, asked))
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(json.dumps({"status": os.waitstatus_to_exitcode(status)}) + "\n")
        sys.stdout.flush()


def _run(library: Path, asked: dict[str, Any]) -> int:
    """Run one command in this child and return its exit status."""
    signal.alarm(PATIENCE)
    said = os.open(asked["said"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (said, 1), (said, 2)):
        os.dup2(source, target)
    os.close(said)
    os.close(null)
    os.environ["HOME"] = asked["home"]
    sys.argv = ["openab-auth", *asked["words"]]
    try:
        arm(library, Path(asked["folder"]), Fault(**asked["fault"]), Path(asked["log"]))
        return main()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    except BaseException:  # noqa: BLE001 - the finding
        traceback.print_exc()
        return RAISED
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


if __name__ == "__main__":
    main_loop(Path(sys.argv[1]))
