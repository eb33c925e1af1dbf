"""A vendor's table, key by key: a value that no login could use is reported when the table is read."""

from __future__ import annotations

import dataclasses

import pytest

from openab_auth.oauth.config import ConfigMistakes
from openab_auth.oauth.http import why_unsafe
from openab_auth.oauth.vendors import Vendor
from openab_auth.oauth.vendors.vendor import KEYS
from openab_auth.oauth.vendors.vendor_table import parse_vendor

LAB: dict[str, object] = {
    "authorize_url": "https://login.example.com/authorize",
    "token_url": "https://login.example.com/token",
    "client_id": "lab-public",
    "redirect_uri": "http://localhost:1455/auth/callback",
}


def parse(changes: dict[str, object], environ: dict[str, str] | None = None) -> tuple[Vendor, ConfigMistakes]:
    found: ConfigMistakes = []
    table = {key: value for key, value in {**LAB, **changes}.items() if value is not None}
    return parse_vendor("lab", table, environ or {}, found, at="vendors.lab"), found


def wrong(changes: dict[str, object]) -> list[str]:
    """Return the keys of the mistakes, in order, without their common part."""
    return [key.removeprefix("vendors.lab.") for key, _ in parse(changes)[1]]


def test_the_smallest_table_gets_the_defaults_of_the_contract() -> None:
    vendor, mistakes = parse({})

    assert not mistakes
    assert (vendor.title, vendor.tenant, vendor.flow, vendor.token_body, vendor.risk) == (
        "lab",
        "lab",
        "pkce",
        "form",
        "ok",
    )
    assert (vendor.token_lifetime, vendor.command_timeout, vendor.verified) == (None, 840, "source")
    assert not any((vendor.scopes, vendor.headers, vendor.env, vendor.exec_env, vendor.token_sends_state))


def test_every_key_of_the_contract_is_known_and_no_other() -> None:
    contract = (
        "title tenant flow issuer authorize_url token_url device_url revoke_url userinfo_url check_url "
        "client_id client_id_env client_secret_env client_secret_file client_secret_obscured client_secret_from "
        "redirect_uri scopes authorize_params token_params device_params refresh_params token_body token_sends_state "
        "headers exchange token_lifetime account_from env exec_env risk verified note command command_timeout"
    )

    assert set(contract.split()) == KEYS
    assert wrong({"client_secret": "never in a config"}) == ["client_secret"]


@pytest.mark.parametrize("key", ["authorize_url", "token_url", "redirect_uri", "issuer"])
def test_an_address_that_cannot_be_used_is_one_mistake(key: str) -> None:
    assert wrong({key: "http://login.example.com"}) == [key]


@pytest.mark.parametrize("key", ["authorize_url", "token_url"])
def test_an_endpoint_that_is_missing_is_named_itself(key: str) -> None:
    assert wrong({key: None}) == [key]


def test_an_issuer_stands_for_both_endpoints() -> None:
    assert wrong({"authorize_url": None, "token_url": None, "issuer": "https://login.example.com"}) == []


@pytest.mark.parametrize("issuer", ["https://login.example.com?tenant=a", "https://login.example.com/?"])
def test_an_issuer_has_no_query(issuer: str) -> None:
    """RFC 8414 2."""
    assert wrong({"issuer": issuer}) == ["issuer"]


@pytest.mark.parametrize(
    "url",
    [
        "https://login.example.com/a\nb",
        "https://login.example.com/\ta",
        " https://login.example.com/",
        "https://login.example.com/a b",
        "https://login.example.com/\x7f",
        "https://login.example.com\\@127.0.0.1/",
        "https://login.example.com/#",
        "https://@login.example.com/",
        "https://",
        "https://[::1/",
        "",
    ],
)
def test_an_address_that_readers_could_take_for_another_is_refused(url: str) -> None:
    """`urlsplit` silently drops some of these characters, and browsers drop others."""
    assert why_unsafe(url)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Lab": "a\r\nX-Other: b"},
        {"X Lab": "a"},
        {"": "a"},
        {"X-Lab:": "a"},
        {"X-Lab": "\u00e9"},
        {"X-Lab": " a"},
    ],
)
def test_a_header_that_cannot_be_sent_is_refused(headers: dict[str, str]) -> None:
    assert wrong({"headers": headers}) == ["headers"]


def test_usual_headers_are_taken() -> None:
    vendor, mistakes = parse({"headers": {"X-Lab": "a b; c=1", "Editor-Version": ""}})

    assert not mistakes
    assert vendor.headers == {"X-Lab": "a b; c=1", "Editor-Version": ""}


@pytest.mark.parametrize("key", ["client_id_env", "client_secret_env", "exec_env"])
@pytest.mark.parametrize("name", ["LAB TOKEN", "LAB=1", "$LAB", "1LAB", "LAB\0"])
def test_what_is_no_name_of_a_variable_is_refused(key: str, name: str) -> None:
    assert wrong({key: name}) == [key]
    assert wrong({"env": ["LAB_TOKEN", name]}) == ["env"]


@pytest.mark.parametrize("number", [0, -1, True, 1.5, "60", 10**400])
def test_a_lifetime_is_a_whole_number_above_zero_that_fits_toml(number: object) -> None:
    assert wrong({"token_lifetime": number}) == ["token_lifetime"]


def test_an_unknown_second_step_is_refused() -> None:
    assert wrong({"exchange": "gitlab-copilot"}) == ["exchange"]
    assert wrong({"exchange": "github-copilot"}) == []


def test_request_fields_are_what_the_request_will_carry() -> None:
    vendor, mistakes = parse({"authorize_params": {"code": True, "max_age": 60, "prompt": "consent"}})

    assert not mistakes
    assert vendor.authorize_params == {"code": "true", "max_age": "60", "prompt": "consent"}
    assert wrong({"token_params": {"a": 1.5}, "refresh_params": {"b": ["c"]}}) == ["token_params", "refresh_params"]


@pytest.mark.parametrize(
    ("flow", "missing"),
    [
        ("device", ["device_url"]),
        ("codex-device", ["device_url"]),
        ("aws-device", ["device_url"]),
        ("command", ["command"]),
        ("env", ["env"]),
    ],
)
def test_other_flows_are_valid_data_with_needs_of_their_own(flow: str, missing: list[str]) -> None:
    """The config may contain the table; only the beginning of a login is refused."""
    assert wrong({"flow": flow}) == missing


@pytest.mark.parametrize("program", ["./login", "bin/login", "../login", "./"])
def test_a_login_program_at_a_relative_path_is_refused(program: str) -> None:
    """A relative path would mean another program in each working directory."""
    assert wrong({"flow": "command", "command": [program, "auth"]}) == ["command"]


@pytest.mark.parametrize("program", ["login", "/opt/lab/login"])
def test_a_login_program_by_its_name_or_at_an_absolute_path_is_taken(program: str) -> None:
    assert wrong({"flow": "command", "command": [program, "./argument"]}) == []


def test_the_tools_last_variable_gets_the_token_unless_another_is_named() -> None:
    assert parse({"env": ["A", "B"]})[0].exec_env == "B"
    assert parse({"env": ["A", "B"], "exec_env": "C"})[0].exec_env == "C"


def test_the_variable_overrides_the_client_and_must_be_set_without_one() -> None:
    assert parse({"client_id_env": "ID"}, {"ID": "outer"})[0].client_id == "outer"
    assert parse({"client_id_env": "ID"})[0].client_id == "lab-public"
    [(key, reason)] = parse({"client_id_env": "ID", "client_id": None})[1]
    assert (key, "ID" in reason) == ("vendors.lab.client_id", True)


@pytest.mark.parametrize("name", ["LAB", "", "a b", "a:b", "x" * 33, "-a", "a/b"])
def test_a_name_that_cannot_stand_in_a_button_is_refused(name: str) -> None:
    found: ConfigMistakes = []
    parse_vendor(name, {**LAB, "tenant": "lab"}, {}, found, at=f"vendors.{name}")

    assert [key for key, _ in found] == [f"vendors.{name}"]


def test_nothing_that_may_hold_a_secret_is_printed() -> None:
    canary = {"x": "canary-value"}
    vendor, _ = parse(
        {
            "headers": canary,
            "token_params": canary,
            "refresh_params": canary,
            "device_params": canary,
            "authorize_params": canary,
            "client_secret_obscured": "canary-value",
            "client_secret_env": "SECRET",
        },
        {"SECRET": "canary-value"},
    )

    assert "canary" not in repr(vendor)


def test_a_vendor_does_not_change() -> None:
    vendor, _ = parse({})

    with pytest.raises(dataclasses.FrozenInstanceError):
        vendor.client_id = "another"  # type: ignore[misc]  # what is tested
