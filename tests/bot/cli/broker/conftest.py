"""A broker in its own process, and commands of agents in another home, where there is no store."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.brokers import BrokerProcess, serving, write_entries, write_logins

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrokerProcess]:
    """Run a broker with logins of two vendors, of an account with a label, and of an MCP server."""
    home = tmp_path_factory.mktemp("operator")
    server = {"client_id": "x", "token_response": {"access_token": "canary-linear", "token_type": "bearer"}}
    write_logins(home, **{"codex": {}, "anthropic-oauth": {}, "codex@work": {}})
    write_entries(home, linear=server)
    with serving(home) as broker:
        yield broker


@pytest.fixture(scope="module")
def key(broker: BrokerProcess) -> str:
    return broker.key("agent", "--tenant", "*", "--tenant", "*@*")


@pytest.fixture
def at_broker(call: Run, broker: BrokerProcess, key: str, home: Path) -> Run:
    """Run a command of an agent that has a key for the broker; `env` adds variables."""

    def call_command(
        *words: object, env: dict[str, str] | None = None, text: str = ""
    ) -> subprocess.CompletedProcess[str]:
        ours = {"OPENAB_AUTH_BROKER": broker.url, "OPENAB_AUTH_BROKER_KEY": key}
        return call(*words, env=ours | (env or {}), text=text)

    return call_command
