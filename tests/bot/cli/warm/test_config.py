"""The config of the warm command: its places, its parser, and the cases for the full command."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest

from openab_auth.bot.cli.warm import answer
from openab_auth.bot.cli.warm.config import read_toml
from openab_auth.oauth.config.paths import _standard_places
from tests.bot.cli.warm.stores import entry, warm_token


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
def test_it_looks_at_most_twice_for_a_config_and_where_the_full_one_does(
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
    """A person types only `--store` for the current folder."""
    monkeypatch.chdir(path.parent)
    (path.parent / ".openab/agent").mkdir(parents=True)
    for place in (path, path.parent / ".openab/agent/auth.json"):
        place.write_text(entry())
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert warm_token(["codex"]) is None
    monkeypatch.delenv(next(iter(variables)))
    assert warm_token(["codex", "--store", "auth.json"]) == "at\n"


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
        "[broker]\nx = 1",
        "[auth",
    ],
)
def test_a_config_with_mistakes_or_variables_is_left_to_the_full_command(line: str, path: Path) -> None:
    path.write_text(entry())
    (path.parent / "c.toml").write_text(line)

    assert warm_token(["codex", "--store", str(path), "--config", str(path.parent / "c.toml")]) is None


def test_a_config_that_others_could_change_is_left_to_the_full_command(path: Path) -> None:
    """Both readers apply the rules of `trusted_file`."""
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
    '[broker]\nuids = [1000, 0]  # ours\n[a]\nl = ["x", 1]',
    "x = [01]",
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
