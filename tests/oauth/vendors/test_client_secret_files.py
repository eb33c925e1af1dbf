"""`client_secret_file`: the secret of a vendor's or a server's client is in a file of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from openab_auth.oauth.config import Config, parse_config
from openab_auth.oauth.errors import ConfigError, NotRefreshableError, SecretMissingError
from openab_auth.oauth.vendors import Catalogue, check_secret_files, read_tables
from openab_auth.oauth.vendors.facts import facts_of, vendor_from
from openab_auth.storage import Secret, Tenant
from openab_auth.storage.records.facts import LoginFacts

CANARY = "canary-s3cret"
CONFIG = """
[vendors.lab]
authorize_url = "https://login.example.com/authorize"
token_url = "https://login.example.com/token"
redirect_uri = "http://localhost:1455/auth/callback"
client_id = "lab"
client_secret_env = "LAB_SECRET"
client_secret_file = "{vendor}"
[mcp.srv]
url = "https://mcp.example.com/mcp"
client_id = "agents"
client_secret_env = "SRV_SECRET"
client_secret_file = "{server}"
"""


def config(folder: Path, vendor: str = "lab.secret", server: str = "${HOME}/srv.secret") -> Config:
    file = folder / "config.toml"
    file.write_text(CONFIG.format(vendor=vendor, server=server))
    file.chmod(0o600)
    return parse_config(file, {"HOME": str(folder)})


def write_secrets(folder: Path) -> None:
    for name in ("lab", "srv"):
        (folder / f"{name}.secret").write_text(f"{CANARY}-{name}\n")
        (folder / f"{name}.secret").chmod(0o400)


def test_the_secrets_come_from_the_files(tmp_path: Path) -> None:
    write_secrets(tmp_path)
    environ = {"HOME": str(tmp_path)}
    found = Catalogue.from_config(config(tmp_path), environ)

    [server] = found.servers()
    assert found.get("lab").client().client_secret == Secret(f"{CANARY}-lab")
    assert server.client_secret == Secret(f"{CANARY}-srv")
    assert CANARY not in f"{found.get('lab')!r} {found.get('lab').with_secret()!r} {server!r}"
    check_secret_files(config(tmp_path), read_tables(config(tmp_path), environ))


def test_a_set_variable_overrides_the_file(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "LAB_SECRET": "of-lab", "SRV_SECRET": "of-srv"}
    found = Catalogue.from_config(config(tmp_path), environ)

    [server] = found.servers()
    assert found.get("lab").client().client_secret == Secret("of-lab")
    assert server.client_secret == Secret("of-srv")


def test_without_the_file_the_vendor_is_not_offered(tmp_path: Path) -> None:
    """An agent shares the config and may not read the file: its tokens stay valid, and only logins need the secret."""
    found = Catalogue.from_config(config(tmp_path, server="/nowhere/srv"), {"HOME": str(tmp_path)})

    with pytest.raises(SecretMissingError, match=r"its file cannot be read \(No such file or directory\)") as told:
        found.get("lab")
    assert "repair lab.secret, which client_secret_file in [vendors.lab] names" in str(told.value)


def test_all_missing_files_are_told_at_once(tmp_path: Path) -> None:
    ours = config(tmp_path, server="/nowhere/srv")

    with pytest.raises(ConfigError) as told:
        check_secret_files(ours, read_tables(ours, {"HOME": str(tmp_path)}))

    missing = "its file cannot be read (No such file or directory)"
    assert told.value.mistakes == (
        ("vendors.lab.client_secret_file", missing),
        ("mcp.srv.client_secret_file", missing),
    )


def test_a_login_records_neither_the_secret_nor_the_name_of_its_file(tmp_path: Path) -> None:
    """Whoever writes the store must not choose which file of an agent's host is sent to a server."""
    write_secrets(tmp_path)
    row = Catalogue.from_config(config(tmp_path), {"HOME": str(tmp_path)}).get("lab")

    recorded = facts_of(row)

    assert CANARY not in str(recorded)
    assert "lab.secret" not in str(recorded)
    assert recorded["withheld"] == ["client_secret_file"]
    with pytest.raises(NotRefreshableError, match="client_secret_file is only in the operator's config"):
        vendor_from(LoginFacts((), recorded), Tenant("lab"), {}, Catalogue.shipped({}))


def test_a_file_that_a_record_names_is_never_read(tmp_path: Path) -> None:
    write_secrets(tmp_path)
    forged = {"name": "lab", "flow": "pkce", "client_id": "lab", "client_secret_file": str(tmp_path / "lab.secret")}

    row = vendor_from(LoginFacts((), forged), Tenant("lab"), {}, Catalogue.shipped({}))

    assert row.client_secret_file == ""
    assert row.client().client_secret is None
