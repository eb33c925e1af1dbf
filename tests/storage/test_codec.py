"""Text to entries and back, as the Rust agents' parser takes it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import InvalidEntryError, McpEntry, PendingEntry, Secret, TokenEntry
from storage.codec import DamagedTextError, check, dump, parse, salvage

TOKEN = {"access_token": "a", "refresh_token": "", "expires_at": 1, "token_endpoint": "t", "provider": "codex"}
PENDING = {"verifier": "v", "state": "s", "token_url": "u", "provider_name": "p"}
MCP = {"client_id": "c"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=3)
    ),
    max_leaves=6,
)


def fits(entry: object) -> bool:
    return not parse(json.dumps({"x": entry})).misfits


@pytest.mark.parametrize(
    ("entry", "shape"),
    [
        (TOKEN, TokenEntry),
        (TOKEN | {"expires_at": 2**64 - 1}, TokenEntry),
        (TOKEN | {"client_id": "c", "verifier": "v"}, TokenEntry),
        (PENDING, PendingEntry),
        (PENDING | {"resource": None, "created_at": 7}, PendingEntry),
        (PENDING | {"client_id": "c"}, PendingEntry),
        (MCP, McpEntry),
        (MCP | {"token_response": None, "granted_scopes": ["a"], "token_received_at": 5, "issuer": None}, McpEntry),
        (TOKEN | {"refresh_token": None, "client_id": "c"}, McpEntry),
    ],
)
def test_the_first_shape_that_fits_is_taken(entry: object, shape: type) -> None:
    assert type(parse(json.dumps({"x": entry})).entries["x"]) is shape


@pytest.mark.parametrize(
    "entry",
    [
        None,
        3,
        [],
        "x",
        {},
        TOKEN | {"refresh_token": None},
        TOKEN | {"expires_at": -1},
        TOKEN | {"expires_at": 1.0},
        TOKEN | {"expires_at": True},
        TOKEN | {"expires_at": 2**64},
        TOKEN | {"expires_at": "1"},
        {key: value for key, value in TOKEN.items() if key != "provider"},
        PENDING | {"created_at": None},
        PENDING | {"resource": 3},
        MCP | {"granted_scopes": "a b"},
        MCP | {"granted_scopes": None},
        MCP | {"token_response": []},
        MCP | {"token_received_at": -1},
        MCP | {"extra": "\ud800"},
    ],
)
def test_what_the_agents_would_refuse_fits_no_shape(entry: object) -> None:
    assert not fits(entry)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"x": NaN}', "\ufeff{}", '{"x": 1} x', "{'x': 1}"])
def test_what_is_no_json_object_is_damage(text: str) -> None:
    with pytest.raises(DamagedTextError):
        parse(text)


def test_endless_nesting_is_damage_or_a_misfit_and_no_crash() -> None:
    deep = '{"x": {"client_id": "c", "e": ' + "[" * 200 + "]" * 200 + "}}"
    deeper = '{"x": ' + "[" * 100_000

    assert parse(deep).misfits == ("x",)
    with pytest.raises(DamagedTextError):
        parse(deeper)


@given(st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=5), JSON, max_size=4))
def test_unknown_fields_round_trip(extra: dict[str, object]) -> None:
    for known in (TOKEN, PENDING | {"created_at": 3, "resource": "r"}, MCP):
        entry = {**extra, **known}
        entries = parse(json.dumps({"x": entry})).entries
        if entries:
            again = json.loads(dump(entries))["x"]
            if type(entries["x"]) is type(parse(json.dumps({"x": known})).entries["x"]):
                assert again == entry


def test_the_file_is_pretty_utf_8_with_two_spaces() -> None:
    text = dump(parse(json.dumps({"日本": TOKEN})).entries).decode()

    assert text.startswith('{\n  "日本": {\n    "access_token": "a",')


def test_the_single_tenant_shape_is_read_as_codex() -> None:
    old = {"access_token": "a", "refresh_token": "r", "expires_at": 1, "token_endpoint": "t", "provider": "codex"}

    parsed = parse(json.dumps(old))

    assert parsed.legacy
    assert list(parsed.entries) == ["codex"]
    assert json.loads(dump(parsed.entries)) == {"codex": old}


@pytest.mark.parametrize("cut", range(20, 330, 7))
def test_every_whole_entry_of_a_torn_file_is_salvaged(cut: int) -> None:
    text = json.dumps({"first": TOKEN, "second": MCP, "third": TOKEN | {"expires_at": 9}}, indent=2)
    ends = {name: text.index("}", text.index(f'"{name}"')) for name in ("first", "second", "third")}

    found = salvage(text[:cut])

    assert set(found) == {name for name, end in ends.items() if end < cut}


def test_an_entry_that_would_not_be_read_back_is_refused() -> None:
    good = TokenEntry(Secret("a"), Secret("r"), 1, "t", "p")

    check("x", good)
    for wrong in (
        TokenEntry(Secret("a"), Secret("r"), -1, "t", "p"),
        TokenEntry(Secret("\ud800"), Secret("r"), 1, "t", "p"),
        TokenEntry(Secret("a"), Secret("r"), 1, None, "p"),  # type: ignore[arg-type]
        McpEntry("c", extra={**TOKEN}),
    ):
        with pytest.raises(InvalidEntryError):
            check("x", wrong)
