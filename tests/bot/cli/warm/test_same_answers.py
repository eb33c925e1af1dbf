"""The warm and the full command give the same answers, and agree on vendors and numbers."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from openab_auth.bot.cli import dispatch, shared_options
from openab_auth.bot.cli.commands.agents import exec as exec_command
from openab_auth.bot.cli.commands.agents import places as exec_places
from openab_auth.bot.cli.warm import answer
from openab_auth.bot.cli.warm import config as warm_config
from openab_auth.bot.cli.warm.vendors import TENANTS, VARIABLES
from openab_auth.oauth.config import trusted_file
from openab_auth.oauth.entries import login_entry
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import entries
from openab_auth.storage.format import json_text
from tests.bot.cli.warm.stores import warm_token, write_config, write_store


def test_its_numbers_are_those_of_the_full_commands() -> None:
    assert json_text.LARGEST_U64 == entries.NEVER
    assert answer.SKEW == login_entry.SKEW
    assert shared_options.seconds(str(answer._LONGEST_TTL)) == answer._LONGEST_TTL
    assert warm_config._MOST == trusted_file._MOST


def test_it_knows_every_shipped_vendor() -> None:
    shipped = Catalogue.shipped({})
    places = {
        vendor.tenant: exec_places.place_of_vendor(vendor.name, shipped.vendor_of(vendor.tenant))
        for vendor in shipped.all()
        if vendor.exec_env
    }

    assert {vendor.name: vendor.tenant for vendor in shipped.all()} == TENANTS
    assert {tenant: (place.variable, place.shadows) for tenant, place in places.items()} == VARIABLES


FORMS = [
    "token codex --store S",
    "token codex --store=S",
    "token --store S codex",
    "--store S token codex",
    "--store=S token codex",
    "--json --store=S token codex",
    "token --json codex --store S",
    "token codex --store S --json",
    "token codex --store S --min-ttl 60",
    "token --min-ttl=60 codex --store S",
    "--min-ttl 60 token codex --store S",
    "--min-ttl=60 --json --store S token codex",
    "--json token --min-ttl 60 --store S codex",
    "token codex --store S --wait 900",
    "token claude --store S",
    "token anthropic-oauth --store S",
    "token codex-device --store S",
    "token other --store S",
    "--config C token codex",
    "token codex --config=C",
    "token lab --config C",
    "token lab-tenant --config C",
    "token grok --config C",
    "token codex --config C --store S --json",
]


@pytest.mark.parametrize("form", FORMS)
def test_the_warm_and_the_full_command_print_the_same(
    form: str, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = form.replace("S", str(write_store(path))).replace("C", str(write_config(path))).split()

    warm = answer.token(answer.Request(words))
    status = dispatch.run(words)

    assert (status, capsys.readouterr().out) == (0, warm)


@pytest.mark.parametrize("thread", [None, "7"])
@pytest.mark.parametrize("command", ["token", "exec"])
def test_both_write_the_same_line_to_the_audit_log(
    command: str, thread: str | None, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, audit = write_store(path), path.with_name(f"{path.name}.audit.jsonl")
    monkeypatch.setattr(exec_command, "become", lambda *_, **__: 0)
    words = [command, "codex", "--store", str(store), *(["--thread", thread] if thread else [])]
    words += ["--", "tool"] if command == "exec" else []

    lines = []
    answers: Callable[[Sequence[str]], object]
    for answers in (_warm, dispatch.run):
        for _ in range(2):
            answers(words)
        [line] = audit.read_text().splitlines()  # at most one in a minute
        lines.append(json.loads(line))
        audit.unlink()

    warm, full = ({**line, "time": "", "duration_ms": 0} for line in lines)
    assert warm == full
    assert list(warm) == list(full)
    assert (warm["uid"], warm.get("thread"), warm["account"]) == (os.getuid(), thread, "codex")
    assert "codex's" not in repr(lines)


def _warm(words: Sequence[str]) -> object:
    request = answer.Request([*words])
    return answer.token(request) if request.command == "token" else answer.environment(request)


@pytest.mark.parametrize("place", ["folder", "variable", "relative variable"])
def test_a_line_that_cannot_be_written_keeps_no_token_back(
    place: str, path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store, nowhere = write_store(path), path.parent / "none" / "log"
    if place == "folder":
        path.with_name(f"{path.name}.audit.jsonl").mkdir()
    else:
        monkeypatch.setenv("OPENAB_AUTH_AUDIT", str(nowhere) if place == "variable" else "log")
    words = ["token", "codex", "--store", str(store)]

    warm, status = warm_token(words[1:]), dispatch.run(words)

    assert warm in {None, "codex's\n"}
    assert (status, capsys.readouterr()) == (0, ("codex's\n", "")) if place != "relative variable" else status == 2
    assert not nowhere.parent.exists()


@pytest.mark.parametrize("name", ["standard place", "OPENAB_AUTH_CONFIG", "OPENAB_AUTH_STORE"])
def test_a_config_or_a_store_that_is_not_typed_is_honoured(
    name: str, path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store, config = write_store(path), write_config(path)
    if name == "OPENAB_AUTH_STORE":
        monkeypatch.setenv(name, str(store))
    elif name == "OPENAB_AUTH_CONFIG":
        monkeypatch.setenv(name, str(config))
    else:
        (path.parent / ".config/openab-auth").mkdir(parents=True)
        store.rename(path.parent / ".config/openab-auth/auth.json")
        config.rename(path.parent / ".config/openab-auth/config.toml")

    assert warm_token(["codex"]) == "codex's\n"
    assert dispatch.run(["token", "codex"]) == 0
    assert capsys.readouterr().out == "codex's\n"


@pytest.mark.parametrize("options", [[], ["--config", "C"], ["--json"]])
def test_exec_hands_over_the_same_environment(options: list[str], path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, config = write_store(path), write_config(path)
    handed: list[dict[str, str]] = []

    def become(command: list[str], environ: dict[str, str], *, as_json: bool) -> int:
        handed.append(environ)
        return 0

    monkeypatch.setattr(exec_command, "become", become)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "shadow")
    words = ["exec", "claude", "codex", "--store", str(store), *options, "--", "tool", "--json"]
    words = [str(config) if word == "C" else word for word in words]

    warm = answer.environment(answer.Request(words))

    assert dispatch.run(words) == 0
    assert handed == [warm]
    assert warm["OPENAI_API_KEY"] == "codex's"
    assert "ANTHROPIC_API_KEY" not in warm
