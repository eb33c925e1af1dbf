"""The API key in a paste: what people copy around it, and what is no key."""

from __future__ import annotations

import traceback

import pytest

from openab_auth.oauth.errors import PasteRefusedError
from openab_auth.oauth.paste import PasteMistake
from openab_auth.oauth.paste.key import is_key, read_key
from openab_auth.storage import Secret

KEY = "key_0a1b2c3d4e5f"


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        f"\ufeff{KEY}\n",
        f"\t {KEY}\u00a0\r\n\r\n",
        f"\u200b{KEY}\u200b",
        f"`{KEY}`",
        f"**{KEY}**",
        f'"{KEY}",',
        f"<{KEY}>",
        f"> {KEY}",
        f"```\n{KEY}\n```",
        f"\x1b[200~{KEY}\x1b[201~",
        f"Bearer {KEY}",
        f"Authorization: Bearer {KEY}",
        f'"apiKey": "{KEY}"',
        f'{{"api_key": "{KEY}"}}',
        f"API key: {KEY}",
        f"here is my key: {KEY}.",
    ],
)
def test_the_key_is_found_in_what_was_copied_around_it(text: str) -> None:
    pasted = read_key(text)

    assert (pasted.key, pasted.variable) == (Secret(KEY), None)


@pytest.mark.parametrize(
    "text",
    [
        "export CURSOR_API_KEY={}",
        "export CURSOR_API_KEY='{}'",
        '```sh\nexport CURSOR_API_KEY="{}"\n```',
        "CURSOR_API_KEY={}",
        "set CURSOR_API_KEY={}",
        "declare -x CURSOR_API_KEY={}",
        '$env:CURSOR_API_KEY = "{}"',
    ],
)
def test_the_value_of_an_assignment_is_the_key_and_its_variable_is_known(text: str) -> None:
    pasted = read_key(text.format(KEY))

    assert (pasted.key, pasted.variable) == (Secret(KEY), "CURSOR_API_KEY")


@pytest.mark.parametrize(
    "key",
    [
        "sk-ant-api03-AAAA_bbb-ccc",
        "ghp_0123456789abcdefABCDEF",
        "AbCd1234efgh==",
        "id-1234567:5ecret56789",
        "12|abcDEFghiJKL",
        "eyJhbGciOi.eyJzdWIi.s1gs1g",
        "ab/cd+ef0123456789",
    ],
)
def test_a_key_of_any_vendor_is_taken_as_it_is(key: str) -> None:
    assert read_key(key).key == Secret(key)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n ",
        "```\n```",
        "hello",
        "Congratulations!",
        "Could you log me in, please?",
        f"please use {KEY} for cursor",
        f"{KEY} {KEY}",
        f"export A_KEY={KEY}\nexport B_KEY={KEY}",
        "key_0a1b2c\n3d4e5f6g7h",
        f"{KEY}\r\nX-Evil: 1",
        f"{KEY}\x00",
        f"{KEY}\x7f",
        "k\u00e9y_0a1b2c3d4e5f",
        "YOUR_API_KEY",
        "<your-api-key>",
        "sk-...",
        "code1234567#state7654321",
        "a1" * 5000,
        "a1" * 2049,
        "\U0001f511" * 20,
    ],
)
def test_what_is_not_one_key_is_refused(text: str) -> None:
    assert refusal_of(text).reason == PasteMistake.NOT_A_KEY
    assert not is_key(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://cursor.com/dashboard?tab=integrations",
        "cursor.com/dashboard",
        "localhost:1455/auth/callback?code=a1b2c3d4e5&state=x",
        "http://localhost:1455/auth/callback?code=a1b2c3d4e5&state=x",
        "export A_KEY=https://cursor.com/0a1b2c3d",
        "go to https://cursor.com and make one",
    ],
)
def test_an_address_is_refused_as_an_address(text: str) -> None:
    assert refusal_of(text).reason == PasteMistake.ADDRESS_NOT_KEY


def test_neither_refusal_nor_repr_repeats_the_paste() -> None:
    refused = refusal_of(f"please use {KEY} for cursor")

    shown = "".join(traceback.format_exception(refused)) + repr(refused) + repr(read_key(KEY))
    assert KEY not in shown


def refusal_of(text: str) -> PasteRefusedError:
    with pytest.raises(PasteRefusedError) as refused:
        read_key(text)
    return refused.value
