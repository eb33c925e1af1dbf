"""The places of the config, and the meaning of its relative paths."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from openab_auth.oauth.config import Config, StoreSettings, store_location
from openab_auth.oauth.errors import ConfigError
from openab_auth.oauth.vendors import read_config


def test_which_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The contract's order; a typed path may be relative, and an empty variable counts as not set."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("openab_auth.oauth.config.paths._OF_THE_MACHINE", str(tmp_path / "etc"))
    for name in ("given.toml", "named.toml", *(f"{at}/openab-auth/config.toml" for at in ("xdg", ".config", "etc"))):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f'[store]\npath = "/{name.partition("/")[0]}"\n')
    named, xdg = str(tmp_path / "named.toml"), str(tmp_path / "xdg")
    environ = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": xdg, "OPENAB_AUTH_CONFIG": named}

    assert read_config(Path("given.toml"), environ).store.path == "/given.toml"
    assert read_config(None, environ).store.path == "/named.toml"
    assert read_config(None, environ | {"OPENAB_AUTH_CONFIG": ""}).store.path == "/xdg"
    environ = {"HOME": str(tmp_path)}
    assert read_config(None, environ).store.path == "/.config"
    assert read_config(None, environ | {"XDG_CONFIG_HOME": ""}).store.path == "/.config"
    assert read_config(None, environ | {"XDG_CONFIG_HOME": "xdg"}).store.path == "/.config"
    (tmp_path / ".config/openab-auth/config.toml").unlink()
    assert read_config(None, environ).store.path == "/etc"
    (tmp_path / "etc/openab-auth/config.toml").unlink()
    assert read_config(None, environ) == Config()


def test_the_working_directory_holds_no_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Agents work in repositories of strangers, and HOME or XDG_CONFIG_HOME may be relative or empty by mistake."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("openab_auth.oauth.config.paths._OF_THE_MACHINE", str(tmp_path / "etc"))
    monkeypatch.setattr("pwd.getpwuid", lambda _: SimpleNamespace(pw_dir=str(tmp_path / "home")))
    for name in ("openab-auth.toml", "openab-auth/config.toml", ".config/openab-auth/config.toml", "config.toml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("[store]\npath = '/stolen'\n")

    for environ in ({}, {"HOME": "."}, {"HOME": ""}, {"XDG_CONFIG_HOME": "."}, {"XDG_CONFIG_HOME": ".config"}):
        assert read_config(None, environ) == Config()


@pytest.mark.parametrize("variable", ["OPENAB_AUTH_CONFIG", "OPENAB_AUTH_STORE"])
@pytest.mark.parametrize("path", ["named.toml", "./named.toml", "../named.toml", "."])
def test_a_variable_with_a_relative_path_is_a_mistake(variable: str, path: str) -> None:
    """A relative path would mean another file in each working directory."""
    environ = {"HOME": "/home/ada", variable: path}

    with pytest.raises(ConfigError, match=rf"{variable}: must be an absolute path"):
        store_location(read_config(None, environ), None, environ)


def test_a_relative_path_in_the_config_starts_at_the_folder_of_the_config(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[store]\npath = "a/auth.json"\n[auth]\nmcp_json = "mcp.json"\n')
    monkeypatch.chdir("/")

    config = read_config(file, {})

    assert (config.store.path, config.auth.mcp_json) == (str(tmp_path / "a/auth.json"), str(tmp_path / "mcp.json"))
    assert str(store_location(config, "typed.json", {})) == "typed.json"


@pytest.mark.parametrize("place", ["given", "environment"])
def test_a_file_that_was_asked_for_must_be_there(place: str, tmp_path: Path) -> None:
    file = tmp_path / "nowhere.toml"

    with pytest.raises(ConfigError, match=r"nowhere\.toml"):
        read_config(file if place == "given" else None, {"OPENAB_AUTH_CONFIG": str(file)})


def test_an_unreadable_default_file_is_not_passed_over(
    tmp_path: Path,
) -> None:
    """The file may name the store; continuing without it could create a second store."""
    file = tmp_path / "openab-auth/config.toml"
    file.parent.mkdir()
    file.symlink_to("config.toml")

    with pytest.raises(ConfigError, match=r"config\.toml.*symbolic links"):
        read_config(None, {"XDG_CONFIG_HOME": str(tmp_path)})


def test_home_is_that_of_the_environment() -> None:
    environ = {"HOME": "/home/ada"}

    assert str(store_location(Config(), None, environ)) == "/home/ada/.openab/agent/auth.json"
    assert str(store_location(Config(store=StoreSettings("~/s.json")), None, environ)) == "/home/ada/s.json"
    assert str(store_location(Config(), "postgresql://~/x", environ)) == "postgresql://~/x"


@pytest.mark.parametrize(
    ("explicit", "environ", "config", "key"),
    [
        ("~nobody-of-this-name/a", {}, Config(), "--store"),
        (None, {"OPENAB_AUTH_STORE": "~nobody-of-this-name/a"}, Config(), "OPENAB_AUTH_STORE"),
        (None, {}, Config(file="c.toml", store=StoreSettings("~nobody-of-this-name/a")), "store.path"),
    ],
)
def test_the_home_of_an_unknown_person_is_a_mistake(
    explicit: str | None, environ: dict[str, str], config: Config, key: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        store_location(config, explicit, environ)

    assert [name for name, _ in caught.value.mistakes] == [key]
