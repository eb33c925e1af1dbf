"""For any entries and any text: the codec reads what was written, and never raises."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from openab_auth.storage import McpEntry, PendingEntry, Secret, TokenEntry
from openab_auth.storage.format import codec, layout, shapes
from tests.storage.format.texts import MCP, TOKEN, text

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
    """Draw a login in our layout, with fields that json and serde read differently."""
    fields = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in shapes.to_json(draw(tokens)).items()]
    names = st.sampled_from(["access_token", "expires_at", "x"]).map(json.dumps)
    odd = draw(st.lists(st.tuples(names, oddities).map(": ".join), max_size=2))
    return "{\n    " + ",\n    ".join(draw(st.permutations([*fields, *odd]))) + "\n  }"


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Draw a file as another program might write it: repeated keys, other indents, line breaks anywhere."""

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
def test_a_laid_out_text_that_json_and_serde_read_differently_is_noticed(login: str) -> None:
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
