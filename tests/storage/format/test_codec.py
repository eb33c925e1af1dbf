from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from openab_auth.storage import McpEntry, PendingEntry, Secret, TokenEntry
from openab_auth.storage.format import codec
from tests.storage.format.texts import MCP, TOKEN, text

PENDING = {"verifier": "v", "state": "s", "token_url": "u", "provider_name": "codex", "resource": None, "created_at": 9}


def without(entry: Mapping[str, object], name: str) -> dict[str, object]:
    return {key: value for key, value in entry.items() if key != name}


def test_the_three_shapes_are_read() -> None:
    entries = codec.decode(text(TOKEN, PENDING, MCP)).entries

    assert entries["k0"] == TokenEntry(Secret("a"), Secret("r"), 5, "u", "codex")
    assert entries["k1"] == PendingEntry(Secret("v"), Secret("s"), "u", "codex", None, 9, {"resource": None})
    assert isinstance(entries["k2"], McpEntry)
    assert entries["k2"].granted_scopes == ("x", "y")


@pytest.mark.parametrize(
    "entry",
    [
        TOKEN,
        {**TOKEN, "expires_at": 2**64 - 1, "refresh_token": ""},
        {**TOKEN, "id_token": "é😀", "deep": {"a": [1, 2.5, {"b": []}]}},
        PENDING,
        without(PENDING, "resource"),
        without(PENDING, "created_at"),
        {**PENDING, "created_at": 0, "resource": "https://r"},
        MCP,
        {"client_id": "c"},
        {"client_id": "c", "token_response": None, "granted_scopes": [], "token_received_at": None, "issuer": None},
        {"client_id": "c", "token_received_at": 0},
    ],
    ids=str,
)
def test_an_entry_is_written_back_as_it_was(entry: object) -> None:
    decoded = codec.decode(text(entry))

    assert decoded.damage == ()
    assert json.loads(codec.encode(decoded.entries)) == {"k0": entry}


def test_the_text_is_what_serde_json_writes() -> None:
    entries = codec.decode(text({**TOKEN, "n": "é", "e": {}, "l": []})).entries
    assert codec.encode(entries) == text({**TOKEN, "n": "é", "e": {}, "l": []})


def test_token_is_tried_before_pending_before_mcp() -> None:
    every = {**MCP, **PENDING, **TOKEN}
    kinds = [
        type(e) for e in codec.decode(text(every, without(every, "provider"), {**PENDING, **MCP})).entries.values()
    ]
    assert kinds == [TokenEntry, PendingEntry, PendingEntry]


@pytest.mark.parametrize(
    "entry",
    [
        *(without(TOKEN, name) for name in TOKEN),
        {**TOKEN, "refresh_token": None},
        {**TOKEN, "expires_at": -1},
        {**TOKEN, "expires_at": 2**64},
        {**TOKEN, "expires_at": 5.0},
        {**TOKEN, "expires_at": True},
        {**TOKEN, "expires_at": "5"},
        {**PENDING, "created_at": None},
        {**PENDING, "resource": 1},
        {**MCP, "granted_scopes": None},
        {**MCP, "token_response": {"access_token": "a"}},
        {**MCP, "token_response": {"access_token": "a", "token_type": "bearer", "expires_in": 1.5}},
        {**MCP, "token_received_at": -1},
        {},
        [],
        None,
        "x",
    ],
    ids=str,
)
def test_an_entry_that_fits_no_shape_is_damage_and_the_others_stay(entry: object) -> None:
    decoded = codec.decode(text(TOKEN, entry, MCP))

    assert list(decoded.entries) == ["k0", "k2"]
    assert [found.key for found in decoded.damage] == ["k1"]


@pytest.mark.parametrize(
    "tail",
    [
        '"x": NaN',
        '"x": -Infinity',
        '"x": 1e999',
        '"x": ' + "9" * 400,
        '"x": ' + "9" * 5000,
        '"x": "\\ud800"',
        '"x": ' + "[" * 127 + "]" * 127,
        '"x": ' + "[" * 200_000,
        '"x": {"client_id": "c"',
        '"x',
        "",
    ],
    ids=lambda tail: tail[:20],
)
def test_a_text_that_serde_json_refuses_is_damage_with_sound_members_saved(tail: str) -> None:
    decoded = codec.decode('{"a": ' + json.dumps(TOKEN) + ", " + tail)
    whole = codec.decode('{"a": ' + json.dumps(TOKEN) + ", " + tail + "}")

    assert decoded.damage[0].key is None
    assert whole.damage[0].key is None
    assert list(decoded.entries) == list(whole.entries) == ["a"]


@pytest.mark.parametrize("text", ["", " ", "[]", "1", "null", '"x"', "\ufeff{}", "<html>", "{", '{"a"', "{'a': 1}"])
def test_what_is_no_object_is_damage(text: str) -> None:
    decoded = codec.decode(text)
    assert decoded.entries == {}
    assert decoded.damage


def test_127_levels_are_read() -> None:
    deep = '{"a": ' + json.dumps(TOKEN)[:-1] + ', "x": ' + "[" * 125 + "]" * 125 + "}}"
    assert codec.decode(deep).damage == ()
    assert codec.decode(deep.replace("[]", "[[]]")).damage


def test_a_known_field_that_is_there_twice_is_damage_an_unknown_one_not() -> None:
    whole = json.dumps(TOKEN)[:-1]
    assert codec.decode('{"a": ' + whole + ', "provider": "x"}}').damage
    assert not codec.decode('{"a": ' + whole + ', "n": 1, "n": 2}}').damage


def test_minus_zero_is_no_unsigned_integer() -> None:
    assert codec.decode(text(TOKEN).replace("5", "-0")).damage


def test_the_legacy_shape_is_read_as_codex_and_written_namespaced() -> None:
    decoded = codec.decode(json.dumps({**TOKEN, "account_id": "x"}))

    assert decoded.legacy
    assert json.loads(codec.encode(decoded.entries)) == {"codex": {**TOKEN, "account_id": "x"}}


def test_damage_is_told_without_the_text() -> None:
    for bad in ('{"a": {"access_token": "CANARY"}}', '{"a": "CANARY', '{"a": CANARY}'):
        assert "CANARY" not in str([str(found) for found in codec.decode(bad).damage])


def test_a_byte_order_mark_is_damage_that_costs_no_entry() -> None:
    """The agents read no JSON after a byte order mark; the next write leaves it out."""
    decoded = codec.decode("\ufeff" + text(TOKEN))

    assert decoded.entries == codec.decode(text(TOKEN)).entries
    assert decoded.entries
    assert "byte order mark" in str(decoded.damage[0])


@pytest.mark.parametrize("tail", ["\n}", "}", ",", ""], ids=["laid-out", "compact", "comma", "torn"])
def test_half_a_surrogate_pair_in_a_key_costs_that_entry_alone(tail: str) -> None:
    """serde_json refuses it everywhere, and no UTF-8 file can contain it."""
    for half in (r"\ud800", r"a\uDFFF"):
        written = json.dumps({"codex": TOKEN, "other": MCP}, indent=2).replace("other", half)
        decoded = codec.decode(written.removesuffix("\n}") + tail)
        assert list(decoded.entries) == ["codex"]
        assert decoded.damage


def test_two_entries_under_one_key_are_damage_that_costs_none() -> None:
    """The agents refuse the whole file if the first of the two entries fits no shape."""
    laid_out = text(TOKEN, MCP).replace('"k1"', '"k0"', 1)
    for doubled in (laid_out, json.dumps({"k": TOKEN})[:-1] + ', "k": ' + json.dumps(TOKEN) + "}"):
        decoded = codec.decode(doubled)
        assert len(decoded.entries) == 1
        assert [found.key for found in decoded.damage] == [None]
