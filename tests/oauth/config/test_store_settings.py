"""The `[store]` table: which store it names, and the options of a PostgreSQL store."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from openab_auth.oauth.config import Config, parse_config, store_location
from openab_auth.oauth.errors import ConfigError
from openab_auth.storage import StoreLocation, StoreOptions

URL = "postgresql://openab@db.example.com/openab?sslmode=verify-full"
CANARY = "canary-password"


def config_of(tmp_path: Path, text: str, environ: dict[str, str] | None = None) -> Config:
    file = tmp_path / "config.toml"
    file.write_text(f"[store]\n{text}\n")
    return parse_config(file, environ or {"HOME": "/home/ada"})


def mistakes(tmp_path: Path, text: str) -> list[str]:
    return [key for key, _ in config_of(tmp_path, text).mistakes]


def test_every_option_reaches_the_location_of_the_store(tmp_path: Path) -> None:
    config = config_of(
        tmp_path,
        f"""
url = "{URL}"
schema = "staging"
keys = ["2026-11=env:KEY", "2026-05=file:secrets/old", "2026-04=file:~/older", "2026-03=file:/oldest"]
plaintext = true
insecure = true
journal = "journal"
max_staleness = 0
""",
    )

    keys = ("2026-11=env:KEY", f"2026-05=file:{tmp_path}/secrets/old", "2026-04=file:/home/ada/older")
    options = StoreOptions(
        "staging",
        (*keys, "2026-03=file:/oldest"),
        plaintext=True,
        insecure=True,
        journal=str(tmp_path / "journal"),
        max_staleness=0.0,
    )
    assert config.mistakes == ()
    assert store_location(config, None, {}) == StoreLocation(URL, options)
    assert store_location(config, "postgresql:///other", {}) == StoreLocation("postgresql:///other", options)
    assert store_location(config, None, {"OPENAB_AUTH_STORE": "/a.json"}) == StoreLocation("/a.json", options)


def test_without_options_the_defaults_apply(tmp_path: Path) -> None:
    assert store_location(config_of(tmp_path, f'url = "{URL}"'), None, {}).options == StoreOptions()


def test_a_variable_in_the_url_is_replaced(tmp_path: Path) -> None:
    config = config_of(tmp_path, 'url = "postgresql://a:${PASSWORD}@localhost/x"', {"PASSWORD": CANARY})

    location = store_location(config, None, {})
    assert location.place == f"postgresql://a:{CANARY}@localhost/x"
    assert str(location) == "postgresql://a@localhost/x"
    assert CANARY not in f"{config!r}{location!r}"


def test_the_url_may_be_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text(f"postgresql://a:{CANARY}@localhost/x\n")
    config = config_of(tmp_path, 'url_file = "url"')

    assert store_location(config, None, {}).place == f"postgresql://a:{CANARY}@localhost/x"
    assert store_location(config, "/typed.json", {}).place == "/typed.json"


@pytest.mark.parametrize("content", [f"mysql://{CANARY}", "", f"{URL}\n{CANARY}", CANARY * 999, "\xff"])
def test_a_file_without_a_url_is_a_mistake_that_shows_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / "url").write_bytes(content.encode("latin-1"))
    config = config_of(tmp_path, 'url_file = "url"')

    with pytest.raises(ConfigError, match=r"store\.url_file") as caught:
        store_location(config, None, {})

    assert CANARY not in "".join(traceback.format_exception(caught.value))


def test_a_file_that_others_can_change_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "url").write_text(URL)
    (tmp_path / "url").chmod(0o666)
    config = config_of(tmp_path, 'url_file = "url"')

    with pytest.raises(ConfigError, match="chmod go-w"):
        store_location(config, None, {})


def test_a_missing_file_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"store\.url_file: cannot be read"):
        store_location(config_of(tmp_path, 'url_file = "url"'), None, {})


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('url = "mysql://host/db"', "url"),
        ('url = "/a/path"', "url"),
        (f'path = "/a"\nurl = "{URL}"', "url"),
        (f'url = "{URL}"\nurl_file = "x"', "url_file"),
        ('path = "/a"\nurl_file = "x"', "url_file"),
        ('schema = "Ours"', "schema"),
        ('schema = "pg_ours"', "schema"),
        ('schema = ""', "schema"),
        (f'schema = "{"a" * 64}"', "schema"),
        ('keys = "2026-11=env:KEY"', "keys"),
        ("plaintext = 1", "plaintext"),
        ('insecure = "yes"', "insecure"),
        ("journal = true", "journal"),
        ('journal = "~nobody-of-this-name/x"', "journal"),
        ('keys = ["a=file:~nobody-of-this-name/x"]', "keys"),
        ("max_staleness = -1", "max_staleness"),
        ("max_staleness = 61", "max_staleness"),
        ("max_staleness = nan", "max_staleness"),
        ('max_staleness = "1"', "max_staleness"),
        ("max_staleness = true", "max_staleness"),
        ("keyz = []", "keyz"),
    ],
)
def test_a_mistake_names_its_key(tmp_path: Path, text: str, key: str) -> None:
    assert mistakes(tmp_path, text) == [f"store.{key}"]


@pytest.mark.parametrize(
    "url",
    [f"postgresql://a:{CANARY}@localhost/x", f"postgresql://localhost/x?password={CANARY}", f"postgres://a:{CANARY}"],
)
def test_a_password_on_the_command_line_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match=r"URL of the store: .*PGPASSFILE or \[store\] url_file") as caught:
        store_location(Config(), url, {})

    assert CANARY not in str(caught.value)


def test_a_password_in_the_environment_is_taken_and_not_shown() -> None:
    location = store_location(Config(), None, {"OPENAB_AUTH_STORE": f"postgresql://a:{CANARY}@localhost/x"})

    assert CANARY in location.place
    assert CANARY not in str(location)
