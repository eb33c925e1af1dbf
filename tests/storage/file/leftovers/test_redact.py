"""Secrets are found in any rest of a file, and all other bytes stay unchanged."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from openab_auth.storage import Json, McpEntry, PendingEntry, Secret, TokenEntry
from openab_auth.storage.file.leftovers.redact import redacted, secrets_of

TOKEN = "canary-secret-1"
STARS = "*" * len(TOKEN)

secrets = st.text(min_size=8, max_size=40)
printable = st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="*")
other = st.text(max_size=30)


@pytest.mark.parametrize(
    ("text", "cleared"),
    [
        (f'{{"a": "{TOKEN}"}}', f'{{"a": "{STARS}"}}'),
        (f'"{TOKEN}" "Bearer {TOKEN}"', f'"{STARS}" "Bearer {STARS}"'),
        (f'{{"a": "{TOKEN[:9]}', '{"a": "*********'),
        (f'{{"a": "{TOKEN[:9]}\0\0', '{"a": "*********\0\0'),
        (f'{{"a": "{TOKEN[:7]}', f'{{"a": "{TOKEN[:7]}'),
        (f'{{"a": "{TOKEN[:9]}"}}', f'{{"a": "{TOKEN[:9]}"}}'),
        (f"{TOKEN[:10]}{TOKEN[:10]}", f"{TOKEN[:10]}**********"),
        ("", ""),
    ],
    ids=["whole", "twice", "torn", "torn and filled up", "a few letters", "another's", "begun twice", "empty"],
)
def test_a_secret_is_overwritten_letter_for_letter_even_in_a_torn_file(text: str, cleared: str) -> None:
    assert redacted(text.encode(), [TOKEN]).decode() == cleared


def test_what_is_no_utf8_stays_to_the_byte() -> None:
    assert redacted(b"\xff\xfe" + TOKEN.encode() + b"\xc3", [TOKEN]) == b"\xff\xfe" + STARS.encode() + b"\xc3"


def test_a_word_is_no_secret() -> None:
    assert redacted(b'{"refresh_token": "", "a": "short"}', ["", "short", "token"]) == (
        b'{"refresh_token": "", "a": "short"}'
    )


@given(secrets, secrets, other, st.sampled_from(["utf-8", "ascii", "slashes"]))
@example('quoted"in\\it', "x" * 8, "", "ascii")
@example("slash/and/more", "x" * 8, "\\", "slashes")
@example("🦀🦀🦀🦀登入登入", "x" * 8, "\\u0041", "ascii")
def test_however_json_spells_it_it_is_gone_and_the_rest_is_there(
    secret: str, kept: str, rest: str, spelling: str
) -> None:
    whole = json.dumps({"a": secret, "b": kept, "c": [rest, secret]}, ensure_ascii=spelling == "ascii")
    text = (whole.replace("/", "\\/") if spelling == "slashes" else whole).encode("utf-8", "surrogatepass")
    assume(secret not in kept + rest)

    cleared = redacted(text, [secret])

    assert len(cleared) == len(text)
    found = json.loads(cleared.decode("utf-8", "surrogatepass"))
    assert set(found["a"]) == set(found["c"][1]) == {"*"}
    assert (found["b"], found["c"][0]) == (kept, rest)
    assert redacted(cleared, [secret]) == cleared


@given(st.text(printable, min_size=8, max_size=40), st.data())
def test_cut_off_anywhere_no_eight_letters_of_its_beginning_are_left_there(secret: str, data: st.DataObject) -> None:
    """RFC 6749 A.12: tokens consist of these characters."""
    whole = json.dumps({"tenant": {"access_token": secret}}).encode()
    torn = whole[: data.draw(st.integers(0, len(whole)))]

    cleared = redacted(torn, [secret])

    assert len(cleared) == len(torn)
    left = re.sub(rb"\\(u[0-9a-f]{0,3})?$", b"", cleared).partition(b'"access_token": "')[2]
    plain = json.dumps(secret)[1:-1].encode()
    assert not (len(left) >= 8 and plain.startswith(left) and len(json.loads(b'"%s"' % left)) >= 8)


def test_the_secrets_of_a_login_are_its_tokens_and_what_is_named_like_one() -> None:
    extra = {"id_token": "i", "apiKey": "k", "scope": "s", "token_type": "bearer", "deep": [{"device_secret": "d"}]}
    token = TokenEntry(Secret("a"), Secret("r"), 1, "https://x.example/token", "lab", extra)  # type: ignore[arg-type]  # JSON
    reply: dict[str, Json] = {"access_token": "a", "refresh_token": "r", "token_type": "bearer", "id_token": "i"}

    assert secrets_of(token) == {"a", "r", "i", "k", "d"}
    assert secrets_of(McpEntry("c", reply, ("s",), 1, "https://as.example")) == {"a", "r", "i"}
    assert secrets_of(McpEntry("c")) == frozenset()
    assert secrets_of(PendingEntry(Secret("v"), Secret("s"), "u", "lab")) == frozenset()
