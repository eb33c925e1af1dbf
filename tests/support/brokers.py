"""A broker in a process of its own: `openab-auth serve` on a store in a home, as an operator runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.patience import PATIENCE

OPENAB_AUTH = Path(sys.executable).with_name("openab-auth")


@dataclass
class BrokerProcess:
    """A running broker; `home` is that of its operator, and `store` its credential file."""

    home: Path
    socket: Path
    url: str
    process: subprocess.Popen[str]

    @property
    def address(self) -> str:
        return f"unix:{self.socket}"

    @property
    def store(self) -> Path:
        return store_in(self.home)

    def key(self, name: str, *words: str) -> str:
        """Make a key, as `key add NAME`; without words it covers everything that a key can."""
        made = operate(self.home, "key", "add", name, *(words or ("--tenant", "*")), "--json")
        return str(json.loads(made.stdout)["key"])

    def revoke(self, name: str) -> None:
        operate(self.home, "key", "revoke", name)

    def stop(self, number: int = signal.SIGKILL) -> None:
        """End the broker as a crash does, or by another signal."""
        self.process.send_signal(number)
        self.process.wait(PATIENCE)


def store_in(home: Path) -> Path:
    return home / ".openab/agent/auth.json"


def write_logins(home: Path, **entries: Mapping[str, Any]) -> None:
    """Write logins into the store of a home; each has a token with its own name, for an hour, and these members."""
    logins = {
        tenant: {
            "access_token": f"canary-{tenant}",
            "refresh_token": f"canary-refresh-{tenant}",
            "expires_at": int(time.time()) + 3600,
            "token_endpoint": "http://127.0.0.1:9/token",
            "provider": tenant,
            **entry,
        }
        for tenant, entry in entries.items()
    }
    write_entries(home, **logins)


def write_entries(home: Path, **entries: Mapping[str, Any]) -> None:
    """Put entries into the store of a home, beside those that are there."""
    store = store_in(home)
    store.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
    before = json.loads(store.read_text()) if store.exists() else {}
    new = store.with_suffix(".new")
    new.write_text(json.dumps(before | entries))
    new.chmod(0o600)
    new.replace(store)


def operate(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the operator to its end."""
    environ = {"PATH": os.environ["PATH"], "HOME": str(home)}
    return subprocess.run(
        [OPENAB_AUTH, *words], env=environ, cwd=home, capture_output=True, text=True, check=True, timeout=PATIENCE
    )


@contextmanager
def serving(home: Path) -> Iterator[BrokerProcess]:
    """Run a broker on the store of `home`, with a socket there and a free port of loopback."""
    socket = home / "run/auth.sock"
    socket.parent.mkdir(exist_ok=True)
    words = ["serve", "--socket", str(socket), "--listen", "127.0.0.1:0", "--json"]
    environ = {"PATH": os.environ["PATH"], "HOME": str(home), "SSL_CERT_FILE": os.environ.get("SSL_CERT_FILE", "")}
    with subprocess.Popen(
        [OPENAB_AUTH, *words], env=environ, cwd=home, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        try:
            ready = json.loads(process.stdout.readline())
            yield BrokerProcess(home, Path(ready["socket"]), ready["url"], process)
        finally:
            process.kill()
