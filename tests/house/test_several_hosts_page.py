"""docs/how-to/several-hosts.md: its five commands, as they stand, move the logins of a file into a database."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from openab_auth.storage import FileStore, Secret, StoreOptions, TokenEntry, open_store
from tests.support.patience import PATIENCE
from tests.support.postgres.pattern import Servers
from tests.support.postgres.server import OWNER, ROWS, Server

PAGE = (Path(__file__).parents[2] / "docs/how-to/several-hosts.md").read_text()
ADDRESS = re.compile(r"postgresql://(\w+)@db\.example\.com/openab\?sslmode=verify-full")
ROLES = {"admin": OWNER, "openab": ROWS}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def here(text: str, server: Server) -> str:
    """Return the text with the address of a real server, and with its roles."""
    found = ADDRESS.sub(lambda address: server.url(ROLES[address[1]]), text)
    return found.replace("--grant openab", f"--grant {ROWS}")


def test_the_five_commands_move_a_file_into_a_database(postgres_servers: Servers, home: Path) -> None:
    server = postgres_servers.make().start()
    file = FileStore(home / ".openab/agent/auth.json")
    login = TokenEntry(Secret("the-token"), Secret("the-refresh"), 2**33, "http://127.0.0.1:9/token", "codex")
    file.update(lambda draft: draft.update(codex=login))
    config = home / ".config/openab-auth/config.toml"
    config.write_text(here(blocks("toml")[0], server))
    config.chmod(0o600)
    install, *commands = "".join(blocks("sh")[:2]).splitlines()
    env = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(home)}

    assert install == "pip install 'openab-auth[postgres]'"
    assert len(commands) == 4
    said = [
        subprocess.run(
            ["sh", "-c", here(command, server)],
            check=False,
            capture_output=True,
            text=True,
            cwd=home,
            env=env,
            timeout=PATIENCE,
        )
        for command in commands[:-1]
    ]
    doctor = subprocess.run(
        ["sh", "-c", f"{commands[-1]} --json"], check=False, capture_output=True, text=True, cwd=home, env=env
    )
    token = subprocess.run(
        ["openab-auth", "token", "codex"], check=False, capture_output=True, text=True, cwd=home, env=env
    )

    assert [one.returncode for one in said] == [0, 0, 0], [one.stderr for one in said]
    checks = {check["name"]: check["ok"] for check in json.loads(doctor.stdout)["checks"]}
    assert {name for name in ("store", "tables", "rights", "encryption") if checks.get(name)} >= {
        "store",
        "tables",
        "rights",
    }
    assert (token.returncode, token.stdout) == (0, "the-token\n")
    options = StoreOptions(keys=(f"2026-11=file:{home}/openab-auth.key",), journal=str(home / "another journal"))
    moved = open_store(server.url(ROWS), options).read()["codex"]
    assert moved == login
    assert isinstance(left := file.read()["codex"], TokenEntry)
    assert not left.refresh_token
