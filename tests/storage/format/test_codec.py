from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from openab_auth.storage import McpEntry, PendingEntry, Secret, TokenEntry
from openab_auth.storage.format import codec, layout, shapes

TOKEN = {"access_token": "a", "refresh_token": "r", "expires_at": 5, "token_endpoint": "u", "provider": "codex"}
PENDING = {"verifier": "v", "state": "s", "token_url": "u", "provider_name": "codex", "resource": None, "created_at": 9}
MCP = {
    "client_id": "c",
    "token_response": {"access_token": "a", "token_type": "bearer", "expires_in": 60, "scope": "x y", "vendor": [1]},
    "granted_scopes": ["x", "y"],
    "token_received_at": 7,
    "issuer": "https://as.example",
}


def text(*entries: object) -> str:
    return json.dumps({f"k{n}": entry for n, entry in enumerate(entries)}, ensure_ascii=False, indent=2)


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
def test_a_text_that_serde_json_refuses_is_damage_and_its_sound_members_are_salvaged(tail: str) -> None:
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


def test_a_known_field_that_is_there_twice_is_damage_and_an_unknown_one_is_not() -> None:
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


strings = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
u64 = st.integers(0, 2**64 - 1)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | strings,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(strings, below, max_size=3),
    max_leaves=6,
)
extra = st.dictionaries(strings.map("x-{}".format), json_values, max_size=3)
tokens = st.builds(TokenEntry, strings.map(Secret), strings.map(Secret), u64, strings, strings, extra)
pendings = st.builds(
    PendingEntry, strings.map(Secret), strings.map(Secret), strings, strings, st.none() | strings, u64, extra
)
responses = st.fixed_dictionaries(
    {"access_token": strings, "token_type": st.just("bearer")}, optional={"x": json_values}
)
mcps = st.builds(
    McpEntry,
    strings,
    st.none() | responses,
    st.lists(strings, max_size=2).map(tuple),
    st.none() | u64,
    st.none() | strings,
    extra,
)
keys = strings.filter(lambda key: key != "access_token")


@given(st.dictionaries(keys, tokens | pendings | mcps, max_size=5))
def test_entries_round_trip(entries: dict[str, TokenEntry | PendingEntry | McpEntry]) -> None:
    written = codec.encode(entries)
    decoded = codec.decode(written)

    assert written == json.dumps(json.loads(written), ensure_ascii=False, indent=2)
    assert decoded.damage == ()
    assert list(decoded.entries) == list(entries)
    assert codec.encode(decoded.entries) == written
    assert {key: type(entry) for key, entry in decoded.entries.items()} == {k: type(e) for k, e in entries.items()}


objects = st.builds(shapes.to_json, tokens | pendings | mcps) | json_values
oddities = st.sampled_from(
    ['"a"', '"\\u0041"', '"\\ud800"', "0", "-0", "1", "1.0", "1e999", "NaN", f"{2**64}", '{"a": 1}']
)


@st.composite
def odd_logins(draw: st.DrawFn) -> str:
    """A login laid out as we do it, with a field or two that json and serde do not read alike."""
    fields = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in shapes.to_json(draw(tokens)).items()]
    names = st.sampled_from(["access_token", "expires_at", "x"]).map(json.dumps)
    odd = draw(st.lists(st.tuples(names, oddities).map(": ".join), max_size=2))
    return "{\n    " + ",\n    ".join(draw(st.permutations([*fields, *odd]))) + "\n  }"


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A file as some program might write it: keys twice, members indented in their own ways, breaks anywhere."""

    def member(key: str) -> str:
        value = json.dumps(draw(objects), ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, 0, 2])))
        inner = draw(st.booleans())
        colon = draw(st.sampled_from([": ", ":"]))
        return f"{json.dumps(key)}{colon}" + (value.replace("\n", "\n  ") if inner else value)

    members = [member(key) for key in draw(st.lists(st.sampled_from(["a", "b", "é", "access_token"]), max_size=4))]
    first, last = draw(st.sampled_from(["{\n  ", "{"])), draw(st.sampled_from(["\n}", "}"]))
    text = members[0] if members else ""
    for one in members[1:]:
        text += draw(st.sampled_from([",\n  ", ","])) + one
    return first + text + last


@given(texts(), texts())
def test_a_text_means_the_same_however_much_of_it_was_known_before(before: str, text: str) -> None:
    whole = codec.decode(f" {text}")  # laid out as nobody does it: read as a whole

    for known in ({}, codec.decode(before).members, codec.decode(text).members):
        decoded = codec.decode(text, known)
        assert (decoded.entries, decoded.legacy) == (whole.entries, whole.legacy)
        assert list(decoded.entries) == list(whole.entries)
        assert [found.key for found in decoded.damage] == [found.key for found in whole.damage]
        for key, (entry, member) in decoded.members.items():
            assert codec.decode(f" {layout.join([member])}").entries == {key: entry}


@example('{\n    "client_id": "c",\n    "x": "\\ud800"\n  }')
@given(odd_logins())
def test_what_json_and_serde_do_not_read_alike_is_seen_in_a_text_that_is_laid_out(login: str) -> None:
    laid_out = layout.join([f'a": {login}'])
    decoded, whole = codec.decode(laid_out), codec.decode(f" {laid_out}")

    assert decoded.entries == whole.entries
    assert [found.key for found in decoded.damage] == [found.key for found in whole.damage]


@pytest.mark.parametrize("bad", ['"; {', '"  {', '": {{', '":: {', '": [{'])
def test_what_only_looks_laid_out_is_damage(bad: str) -> None:
    laid_out = text(TOKEN, MCP)
    assert codec.decode(laid_out.replace('": {', bad, 1), codec.decode(laid_out).members).damage


@given(texts(), tokens)
def test_what_was_not_changed_keeps_its_own_text(text: str, changed: TokenEntry) -> None:
    decoded = codec.decode(text)
    members = codec.members({**decoded.entries, "changed": changed}, decoded.members)

    assert codec.decode(f" {codec.join(members)}").entries == {**decoded.entries, "changed": changed}
    assert all(member in codec.join(members) for _, member in decoded.members.values())


@given(st.text())
def test_no_text_makes_the_codec_raise(text: str) -> None:
    codec.decode(text)


@given(st.dictionaries(keys, tokens | mcps, min_size=1, max_size=3), st.data())
def test_a_torn_text_gives_no_entry_that_was_not_whole(
    entries: dict[str, TokenEntry | McpEntry], data: st.DataObject
) -> None:
    whole = codec.encode(entries)
    torn = codec.decode(whole[: data.draw(st.integers(0, len(whole) - 1))])

    assert torn.damage
    assert all(codec.encode({k: e}) == codec.encode({k: entries[k]}) for k, e in torn.entries.items())


def test_a_byte_order_mark_is_damage_that_costs_no_entry() -> None:
    """The agents read no JSON behind it: the next write leaves it out."""
    decoded = codec.decode("\ufeff" + text(TOKEN))

    assert decoded.entries == codec.decode(text(TOKEN)).entries
    assert decoded.entries
    assert "byte order mark" in str(decoded.damage[0])


@pytest.mark.parametrize("tail", ["\n}", "}", ",", ""], ids=["laid-out", "compact", "comma", "torn"])
def test_half_a_surrogate_pair_in_a_key_costs_that_entry_alone(tail: str) -> None:
    """serde_json refuses it wherever it stands, and no file can hold it as UTF-8."""
    for half in (r"\ud800", r"a\uDFFF"):
        written = json.dumps({"codex": TOKEN, "other": MCP}, indent=2).replace("other", half)
        decoded = codec.decode(written.removesuffix("\n}") + tail)
        assert list(decoded.entries) == ["codex"]
        assert decoded.damage


def test_two_entries_under_one_key_are_damage_that_costs_none() -> None:
    """The agents refuse the whole file when the one that does not count fits no shape."""
    laid_out = text(TOKEN, MCP).replace('"k1"', '"k0"', 1)
    for doubled in (laid_out, json.dumps({"k": TOKEN})[:-1] + ', "k": ' + json.dumps(TOKEN) + "}"):
        decoded = codec.decode(doubled)
        assert len(decoded.entries) == 1
        assert [found.key for found in decoded.damage] == [None]
