"""docs/config.md has every key of every table and no other, with its default and an example that the program takes."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from openab_auth.cogs.auth import DiscordSettings, GuildRules, read_bot_config
from openab_auth.oauth.config import (
    CHANNEL_KEYS,
    STORE_KEYS,
    AuthSettings,
    BotSettings,
    BrokerSettings,
    ChannelSettings,
    LogSettings,
    obscure,
)
from openab_auth.oauth.config.config import TABLES
from openab_auth.oauth.vendors import McpServer, Vendor, VendorName
from openab_auth.oauth.vendors.mcp_server import KEYS as SERVER_KEYS
from openab_auth.oauth.vendors.vendor import KEYS as VENDOR_KEYS
from openab_auth.storage import StoreOptions, Tenant

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/config.md").read_text()
URL = "https://mcp.example.com/mcp"
LAB = """
authorize_url = "https://login.example.com/authorize"
token_url = "https://login.example.com/token"
device_url = "https://login.example.com/device"
client_id = "lab"
redirect_uri = "http://localhost:1455/auth/callback"
"""
TABLES_OF_CODE: dict[str, tuple[set[str], object]] = {
    "discord": ({one.name for one in fields(DiscordSettings)} - {"guilds"}, DiscordSettings()),
    "discord.guilds.ID": ({one.name for one in fields(GuildRules)}, GuildRules()),
    "store": (set(STORE_KEYS), StoreOptions()),
    "bot": ({one.name for one in fields(BotSettings)}, BotSettings()),
    "log": ({one.name for one in fields(LogSettings)}, LogSettings()),
    "auth": ({one.name for one in fields(AuthSettings)} - {"channels"}, AuthSettings()),
    "auth.channels.ID": (set(CHANNEL_KEYS), ChannelSettings()),
    "broker": ({one.name for one in fields(BrokerSettings)}, BrokerSettings()),
    "vendors.NAME": (set(VENDOR_KEYS), Vendor(VendorName("lab"), "", Tenant("lab"))),
    "mcp.NAME": (set(SERVER_KEYS), McpServer("x", URL)),
}
CELL = re.compile(r"(?<!\\)\|")


def rows_of(section: str) -> list[tuple[str, str, str]]:
    """Return each row's key, default and example."""
    cells = [[cell.strip() for cell in CELL.split(line)[1:-1]] for line in section.splitlines() if line[:2] == "| "]
    return [(key.strip("`"), default, example.strip("`")) for key, _, default, _, example in cells[1:]]


SECTIONS = {
    head: rows_of(text)
    for head, text in re.findall(r"^## `\[([\w.]+)\]`\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
}
ROWS = [(table, *row) for table, rows in SECTIONS.items() for row in rows]


def test_it_has_every_table_and_no_other() -> None:
    assert SECTIONS.keys() == TABLES_OF_CODE.keys()
    assert list(dict.fromkeys(table.partition(".")[0] for table in SECTIONS)) == list(TABLES)


@pytest.mark.parametrize("table", TABLES_OF_CODE)
def test_it_has_every_key_once_and_no_other(table: str) -> None:
    keys = [key for key, _, _ in SECTIONS[table]]

    assert sorted(keys) == sorted(TABLES_OF_CODE[table][0])


@pytest.mark.parametrize(("table", "key", "default", "example"), ROWS, ids=[f"{row[0]}.{row[1]}" for row in ROWS])
def test_each_default_is_the_programs_own(table: str, key: str, default: str, example: str) -> None:
    """A default in words comes from another key, the environment, or the server."""
    del example
    said = re.fullmatch("`(.*)`", default)
    plain = TABLES_OF_CODE[table][1]
    if (default and said is None) or key in {"path", "url", "url_file", "allow_private_hosts"}:
        return
    value: Any = getattr(plain, key)
    if said is None:
        assert not value
    else:
        expected = tomllib.loads(f"x = {said[1]}")["x"]
        assert (list(value) if isinstance(value, tuple | frozenset) else value) == expected


@pytest.mark.parametrize(("table", "key", "default", "example"), ROWS, ids=[f"{row[0]}.{row[1]}" for row in ROWS])
def test_each_example_is_taken(table: str, key: str, default: str, example: str, tmp_path: Path) -> None:
    del default
    others = {"vendors.NAME": LAB, "mcp.NAME": f'url = "{URL}"\nclient_id = "c"\nclient_secret_env = "LAB_SECRET"'}
    lines = [line for line in others.get(table, "").splitlines() if line.split(" =")[0] != key]
    text = "\n".join(
        (f"[{table.replace('NAME', 'lab').replace('ID', '9')}]", *lines, example.replace("EXAMPLE", obscure("x")))
    )
    (tmp_path / "mcp.json").write_text("{}")
    for name in ("discord.token", "proxy.url", "lab.secret"):
        (tmp_path / name).write_text("http://x\n")
    file = tmp_path / "config.toml"
    file.write_text(text)

    assert example.startswith(f"{key} = ")
    read_bot_config(file, {"HOME": str(tmp_path), "DISCORD_TOKEN": "x"})


@pytest.mark.parametrize(
    "page", ["README.md", "docs/reference/vendors.md", "docs/how-to/mcp.md", "docs/command-line.md"]
)
def test_the_other_pages_lead_to_it(page: str) -> None:
    assert re.search(r"\]\((docs/|\.\./)?config\.md[)#]", (ROOT / page).read_text())
