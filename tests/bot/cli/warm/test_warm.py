"""The warm `token`: what it must leave to the full command, and a reader that goes away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

from openab_auth.bot.cli import dispatch, parser
from openab_auth.bot.cli.commands import exec as exec_command
from openab_auth.bot.cli.warm import answer
from openab_auth.bot.cli.warm import config as warm_config
from openab_auth.bot.cli.warm.config import read_toml
from openab_auth.bot.cli.warm.vendors import TENANTS, VARIABLES
from openab_auth.oauth.config import trusted_file
from openab_auth.oauth.config.paths import _standard_places
from openab_auth.oauth.entries import login_entry
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import entries
from openab_auth.storage.format import json_text

ENTRY = {"access_token": "at", "refresh_token": "rt", "token_endpoint": "https://x/t", "provider": "codex"}


def warm_token(words: list[str]) -> str | None:
    try:
        return answer.token(answer.Request(["token", *words]))
    except answer.UnusualError:
        return None


def entry(**fields: object) -> str:
    return json.dumps({"codex": {**ENTRY, "expires_at": int(time.time()) + 3600, **fields}})


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_CONFIG_HOME", "OPENAB_AUTH_CONFIG", "OPENAB_AUTH_STORE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "auth.json"


def test_the_plain_case_is_answered(path: Path) -> None:
    path.write_text(entry())

    assert warm_token(["codex", "--store", str(path)]) == "at\n"


@pytest.mark.parametrize(
    "text",
    [
        entry(access_token=""),
        entry(access_token="\ud800"),
        entry(access_token="é"),
        entry(expires_at=entries.NEVER + 1),
        entry().replace('"access_token": "at"', '"access_token": "at", "access_token": "other"'),
        "[" * 100_000,
    ],
)
def test_what_the_store_would_call_damaged_is_left_to_the_full_command(path: Path, text: str) -> None:
    path.write_text(text)

    assert warm_token(["codex", "--store", str(path)]) is None


def test_a_fifo_in_the_place_of_the_file_does_not_block(path: Path) -> None:
    os.mkfifo(path)

    assert warm_token(["codex", "--store", str(path)]) is None


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"HOME": "/home/ada/"},
        {"HOME": "/"},
        {"XDG_CONFIG_HOME": "/xdg"},
        {"XDG_CONFIG_HOME": ""},
        {"XDG_CONFIG_HOME": "relative"},
        {"XDG_CONFIG_HOME": "./relative", "HOME": "/home/ada"},
    ],
)
def test_it_looks_for_a_config_where_the_full_command_does_and_twice_at_most(
    variables: dict[str, str], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_text(entry())
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    looked: list[str] = []

    def seen(place: str) -> bool:
        looked.append(place)
        return False

    with monkeypatch.context() as patch:
        patch.setattr(answer, "_is_there", seen)
        assert warm_token(["codex", "--store", str(path)]) == "at\n"

    assert [Path(place) for place in looked] == _standard_places(os.environ)
    assert len(looked) == 2


@pytest.mark.parametrize("kind", ["dangling link", "FIFO", "folder that cannot be searched"])
def test_with_anything_in_the_place_of_a_config_the_full_command_decides(
    kind: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_text(entry())
    config = path.parent / ".config/openab-auth/config.toml"
    config.parent.mkdir(parents=True)
    if kind == "FIFO":
        os.mkfifo(config)
    elif kind == "dangling link":
        config.symlink_to("nowhere")
    else:
        monkeypatch.setattr("openab_auth.bot.cli.warm.answer.os.lstat", never)

    assert warm_token(["codex", "--store", str(path)]) is None


def never(_: str) -> os.stat_result:
    raise PermissionError


@pytest.mark.parametrize(
    "variables",
    [
        {"OPENAB_AUTH_STORE": "auth.json"},
        {"OPENAB_AUTH_STORE": "./auth.json"},
        {"HOME": "."},
        {"HOME": ""},
        {"OPENAB_AUTH_CONFIG": "/named.toml"},
    ],
)
def test_a_variable_makes_no_login_of_the_working_directory(
    variables: dict[str, str], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only `--store` is typed for the folder that a person is in."""
    monkeypatch.chdir(path.parent)
    (path.parent / ".openab/agent").mkdir(parents=True)
    for place in (path, path.parent / ".openab/agent/auth.json"):
        place.write_text(entry())
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert warm_token(["codex"]) is None
    monkeypatch.delenv(next(iter(variables)))
    assert warm_token(["codex", "--store", "auth.json"]) == "at\n"


def test_its_numbers_are_those_of_the_full_commands() -> None:
    assert json_text.LARGEST_U64 == entries.NEVER
    assert answer.SKEW == login_entry.SKEW
    assert parser._seconds(str(answer._LONGEST_TTL)) == answer._LONGEST_TTL
    assert warm_config._MOST == trusted_file._MOST


def test_it_knows_every_shipped_vendor() -> None:
    shipped = Catalogue.shipped({})
    places = {
        vendor.tenant: exec_command.place_of_vendor(vendor.name, shipped.find(vendor.tenant))
        for vendor in shipped.all()
        if vendor.exec_env
    }

    assert {vendor.name: vendor.tenant for vendor in shipped.all()} == TENANTS
    assert {tenant: (place.variable, place.shadows) for tenant, place in places.items()} == VARIABLES


@pytest.mark.parametrize("seconds", [119, 0, -5])
def test_a_token_about_to_expire_is_left_to_the_full_command(seconds: int, path: Path) -> None:
    path.write_text(entry(expires_at=int(time.time()) + seconds))

    assert warm_token(["codex", "--store", str(path)]) is None


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"codex": 3}', '{"codex": {"access_token": "x"}}', '{"codex": {"access_token": 1}}']
)
def test_what_is_no_plain_entry_is_left_to_the_full_command(
    text: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_text(text)
    monkeypatch.chdir(path.parent)

    assert warm_token(["codex", "--store", "auth.json"]) is None


def test_a_login_that_was_spilled_beside_the_file_is_left_to_the_full_command(path: Path) -> None:
    path.write_text(entry())
    (path.parent / "auth.json.spill.x").touch()

    assert warm_token(["codex", "--store", str(path)]) is None


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


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["codex", "grok"],
        ["codex", "--help"],
        ["codex", "--min-ttl", "x"],
        ["codex", "--min-ttl", "-1"],
        ["codex", "--store="],
        ["codex", "--sto", "x"],
        ["mcp:codex"],
        ["--", "codex"],
    ],
)
def test_unusual_words_are_left_to_the_full_command(words: list[str], path: Path) -> None:
    path.write_text(entry())

    assert warm_token([*words, "--store", str(path)]) is None


@pytest.mark.parametrize(
    "line",
    [
        "[discrod]",
        "[store]\npath = 3",
        "[store]\nurl = 'x'",
        "[store]\npath = '${NOWHERE}'",
        "[mcp.codex]\nurl = 'https://mcp.example/'",
        "[vendors.codex]\ntenant = 3",
        "[vendors]\ncodex = 3",
        "[auth]\nx = 1",
        "[auth",
    ],
)
def test_a_config_with_mistakes_or_variables_is_left_to_the_full_command(line: str, path: Path) -> None:
    path.write_text(entry())
    (path.parent / "c.toml").write_text(line)

    assert warm_token(["codex", "--store", str(path), "--config", str(path.parent / "c.toml")]) is None


def test_a_config_that_others_could_have_changed_is_left_to_the_full_command(path: Path) -> None:
    """The rules are those of `trusted_file`, whichever of the two readers applies them."""
    path.write_text(entry())
    folder = path.parent / "folder"
    folder.mkdir(mode=0o755)
    config = folder / "c.toml"
    config.touch()
    words = ["codex", "--store", str(path), "--config"]
    assert warm_token([*words, str(config)]) == "at\n"

    for place, mode in ((config, 0o666), (config, 0o646), (folder, 0o777)):
        before = place.stat().st_mode
        place.chmod(mode)
        assert warm_token([*words, str(config)]) is None
        place.chmod(before)
    if os.geteuid() == 0:
        os.chown(config, 12345, -1)
        assert warm_token([*words, str(config)]) is None


def test_a_config_behind_a_link_is_honoured_as_in_a_config_map(path: Path) -> None:
    path.write_text(entry())
    (path.parent / "data.toml").write_text("[store]\npath = 'auth.json'\n")
    (path.parent / "link.toml").symlink_to("data.toml")

    assert warm_token(["codex", "--config", str(path.parent / "link.toml")]) == "at\n"


TOML = [
    "",
    "[a]\nx = 1",
    "a = 'b'",
    '[a]\nx = "y" # z\n\n[a.b]\nl = ["p", "q"]\n[c]\nt = true\r\nf=false',
    "[a]\n[a]",
    "[a.b]\n[a]\nb = 1",
    "[a]\nx = 1\nx = 2",
    "[a]\nl = [\n  'x',\n]",
    "[a.b.c]\nx = 2.5",
    'x = """y"""',
    "x = 01",
    "x = [,]",
    '[a]\nx = "\\u00e9é"',
]


@pytest.mark.parametrize("text", TOML)
def test_a_config_is_read_as_tomllib_reads_it(text: str) -> None:
    try:
        expected = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        with pytest.raises(tomllib.TOMLDecodeError):
            read_toml(text)
    else:
        assert read_toml(text) == expected


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


@pytest.mark.parametrize("words", [["codex", "codex-device"], ["codex", "nobody"], ["codex", "--json", "claude"], []])
def test_an_unusual_exec_is_left_to_the_full_command(words: list[str], path: Path) -> None:
    store = write_store(path)

    with pytest.raises(answer.UnusualError):
        answer.environment(answer.Request(["exec", *words, "--store", str(store), "--", "tool"]))


def test_a_warm_answer_imports_nothing_heavy(path: Path) -> None:
    """`import asyncio` alone takes more than twice the time that a warm token may take."""
    store, config = write_store(path), write_config(path)
    program = "import sys; from openab_auth.bot.cli import main; main(); print(*sys.modules)"
    words = ["token", "codex", "--store", str(store), "--config", str(config)]

    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        check=True,
        capture_output=True,
        text=True,
        env={"HOME": str(path.parent)},
    )

    token, modules = done.stdout.splitlines()
    assert token == "codex's"
    assert not {"argparse", "asyncio", "dataclasses", "pathlib", "tomllib", "typing"} & set(modules.split())


def write_store(path: Path) -> Path:
    tenants = ["codex", "anthropic-oauth", "other", "lab-tenant", "xai-moved"]
    logins = {
        tenant: {**ENTRY, "expires_at": int(time.time()) + 3600, "access_token": f"{tenant}'s", "provider": tenant}
        for tenant in tenants
    }
    path.write_text(json.dumps(logins | {"xai-oauth": {"client_id": "x"}}))
    path.chmod(0o600)
    return path


def write_config(path: Path) -> Path:
    config = path.parent / "config.toml"
    config.write_text("""# an operator's
        [discord]
        bot_token = "${NOT_SET_HERE}"
        [store]
        path = "auth.json"
        [auth]
        vendors = ["codex", "lab"]
        [vendors.grok]
        tenant = "xai-moved"
        [vendors.lab]
        tenant = "lab-tenant"
        authorize_url = "https://lab.example/authorize"
        token_url = "https://lab.example/token"
        client_id = "x"
        redirect_uri = "http://localhost:1/callback"
        [mcp.linear]
        url = "https://mcp.linear.app/mcp"
    """)
    return config


def test_a_reader_that_is_gone_or_a_full_disk_makes_no_traceback(path: Path) -> None:
    path.write_text(entry())
    command = [str(Path(sys.executable).with_name("openab-auth")), "token", "codex", "--store", str(path)]
    reader, writer = os.pipe()
    os.close(reader)

    for output in (writer, os.open("/dev/full", os.O_WRONLY)):
        done = subprocess.run(command, stdout=output, stderr=subprocess.PIPE, check=False)
        os.close(output)

        assert done.returncode == 1
        assert done.stderr == b""
