"""Servers from openab's own `mcp.json`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from openab_auth.oauth.config import AuthSettings, Config
from openab_auth.oauth.errors import ConfigError
from openab_auth.oauth.vendors import Catalogue, VendorName
from openab_auth.storage import Secret, Tenant

SERVERS = {
    "linear": {"type": "http", "url": "https://mcp.linear.app/mcp", "request_timeout_secs": 30},
    "Acme": {
        "type": "streamable-http",
        "url": "https://${env:ACME_HOST}/mcp",
        "oauth": {
            "provider": "custom",
            "scopes": ["a", "b"],
            "client_id": "acme-id",
            "client_secret": "${env:ACME_SECRET}",
            "redirect_uri": "http://localhost:7777/cb",
        },
    },
    "local": {"type": "stdio", "command": "server"},
    "plain": {"type": "http", "url": "http://10.0.0.1/mcp"},
    "unset": {"type": "http", "url": "https://${env:NOBODY_SET_THIS}/mcp"},
    "codex": {"type": "http", "url": "https://codex.example/mcp"},
    "a/b": {"type": "http", "url": "https://slash.example/mcp"},
    "odd": "text",
}


def catalogue(text: str | bytes, tmp_path: Path, **mcp: dict[str, object]) -> Catalogue:
    file = tmp_path / "mcp.json"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    environ = {"ACME_HOST": "acme.example", "ACME_SECRET": "canary"}
    return Catalogue.from_config(Config(auth=AuthSettings(mcp_json=str(file)), mcp=mcp), environ)


def test_its_remote_servers_are_offered_and_everything_else_is_passed_over(tmp_path: Path) -> None:
    found = catalogue(json.dumps({"mcpServers": SERVERS, "roots": []}), tmp_path)

    assert [one.name for one in found.servers()] == ["linear", "Acme"]
    acme = found.server_named(VendorName("mcp:Acme"))
    assert acme is not None
    assert (acme.url, acme.client_id, acme.client_secret) == ("https://acme.example/mcp", "acme-id", Secret("canary"))
    assert (acme.scopes, acme.redirect_uri) == (("a", "b"), "http://localhost:7777/cb")


def test_a_table_of_ours_is_laid_over_it(tmp_path: Path) -> None:
    found = catalogue(json.dumps({"mcpServers": SERVERS}), tmp_path, Acme={"scopes": ["c"]}, own={"url": "https://x.y"})

    acme = found.server_of(Tenant("Acme"))
    assert acme is not None
    assert (acme.url, acme.scopes) == ("https://acme.example/mcp", ("c",))
    assert found.server_of(Tenant("own")) is not None


def test_a_secret_in_a_variable_that_programs_obey_is_none(tmp_path: Path) -> None:
    """Sending PATH to a server helps nobody, and a login program needs its PATH."""
    login = {"client_id": "x", "client_secret": "${env:PATH}"}
    server = {"type": "http", "url": "https://mcp.example/mcp", "oauth": login}

    [found] = catalogue(json.dumps({"mcpServers": {"own": server}}), tmp_path).servers()

    assert (found.client_id, found.client_secret_env, found.client_secret) == ("x", "", None)


@pytest.mark.parametrize("text", ["{}", '{"mcpServers": {}}', '{"mcpServers": {"x": {"type": "http"}}}'])
def test_a_file_without_servers_has_none(tmp_path: Path, text: str) -> None:
    found = catalogue(text, tmp_path)

    assert (found.servers(), found.problems) == ((), ())


ONE = '{"mcpServers": {"a": {"type": "http", "url": "https://mcp.example/mcp"}}}'


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_byte_order_mark_is_read_over(tmp_path: Path, encoding: str) -> None:
    """Notepad and PowerShell write a mark."""
    mark = {"utf-16-le": "\ufeff", "utf-16-be": "\ufeff"}.get(encoding, "")
    found = catalogue((mark + ONE).encode(encoding), tmp_path)

    assert [one.name for one in found.servers()] == ["a"]
    assert not found.problems


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "line 1, column 1: the file is empty"),
        ("\n \n", "the file is empty"),
        ("{torn", "line 1, column 2: Expecting property name"),
        (f"// mine\n{ONE}", "line 1, column 1: JSON has no comments"),
        (ONE.replace('"a":', '/* mine */ "a":'), "line 1, column 17: JSON has no comments"),
        (f"{ONE}\n# mine", "line 2, column 1: JSON has no comments"),
        (ONE.replace("}}}", "},}}"), "JSON has no comma before a closing bracket"),
        (ONE.replace('"type"', ',"type"'), "Expecting property name"),
        ('{"mcpServers": [1,]}', "JSON has no comma before a closing bracket"),
        *((ONE[:end], "the file ends too early") for end in (1, 5, 14, 20, 33, 50, len(ONE) - 1)),
        ('{"mcpServers": {"a": 1' + "0" * 5000 + "}}", "too many digits"),
        ("[" * 100_000, "nested too deeply"),
        (b"\xff{}", "not UTF-8 at byte 0"),
        ("[]", "no object `mcpServers`"),
        ('{"mcpServers": []}', "no object `mcpServers`"),
        ("null", "no object `mcpServers`"),
    ],
)
def test_a_file_that_cannot_be_read_costs_its_servers_and_nothing_else(
    tmp_path: Path, text: str | bytes, told: str
) -> None:
    found = catalogue(text, tmp_path, own={"url": "https://own.example/mcp"}, a={"scopes": ["x"]})

    assert [one.name for one in found.servers()] == ["own"]
    assert found.get("codex")
    of_file, of_table = found.problems
    assert told in of_file.what
    assert str(tmp_path / "mcp.json") in of_file.what
    assert "mcp.example" not in of_file.what
    assert of_table.what.startswith("[mcp.a] has no url")


def test_a_file_that_is_gone_or_cannot_be_found_costs_its_servers_too(tmp_path: Path) -> None:
    for path, told in (
        (str(tmp_path / "none"), "No such file"),
        (str(tmp_path / "none/mcp.json"), "No such file"),
        ("~nobody-knows/mcp.json", "the home folder for `~` is not known"),
        (f"{tmp_path}/\0", "its path is no path"),
        (str(tmp_path / ("x" * 300)), "File name too long"),
    ):
        [problem] = Catalogue.from_config(Config(auth=AuthSettings(mcp_json=path)), {}).problems
        assert told in problem.what


BAD: dict[str, dict[str, object]] = {
    "url": {"type": "http", "url": "https://[bad/mcp"},
    "port": {"type": "http", "url": "https://mcp.example:99999/mcp"},
    "surrogate": {"type": "http", "url": "https://mcp.example/\ud800"},
    "variable": {"type": "http", "url": "https://mcp.example/${NOBODY_SET_THIS}"},
    "brace": {"type": "http", "url": "https://mcp.example/${"},
    "redirect": {"type": "http", "url": "https://mcp.example/", "oauth": {"redirect_uri": "http://elsewhere.example/"}},
    "secret": {"type": "http", "url": "https://mcp.example/", "oauth": {"client_secret": "${env:ACME_SECRET}"}},
    "GOOD": {"type": "http", "url": "https://other.example/"},
    "type": {"type": ["http"], "url": "https://mcp.example/"},
    "list": {"type": "http", "url": ["https://mcp.example/"]},
    "login": {"type": "http", "url": 7, "oauth": "x"},
}


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_server_costs_itself_and_the_good_ones_stay(tmp_path: Path, bad: str) -> None:
    good = {"type": "http", "url": "https://good.example/mcp"}
    found = catalogue(json.dumps({"mcpServers": {"good": good, bad: BAD[bad], "last": good}}), tmp_path)

    assert [one.name for one in found.servers()] == ["good", "last"]
    assert all(f"mcp.{bad}" in problem.what for problem in found.problems)
    assert "canary" not in str(found.problems)


def test_a_mistake_in_a_table_of_ours_is_still_one_of_the_config(tmp_path: Path) -> None:
    servers = {"a": {"type": "http", "url": "https://mcp.example:99999/mcp"}}
    with pytest.raises(ConfigError, match=r"mcp\.a\.scopes"):
        catalogue(json.dumps({"mcpServers": servers}), tmp_path, a={"scopes": 7})
    found = catalogue(json.dumps({"mcpServers": servers}), tmp_path, a={"url": "https://mcp.example/mcp"})
    assert [one.url for one in found.servers()] == ["https://mcp.example/mcp"]
