"""Any code and state are found exactly, whatever a clipboard adds; any other text is refused."""

import string
from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st

from openab_auth.oauth.errors import PasteRefusedError
from openab_auth.oauth.paste import ErrorRedirect, ExpectedRedirect, code_for, read_paste
from openab_auth.storage.secret import Secret

UNRESERVED = string.ascii_letters + string.digits + "-._~"
VISIBLE = "".join(map(chr, range(0x21, 0x7F)))
REDIRECT = "http://localhost:1455/auth/callback"
DRESSES = [
    ("", ""), ("<", ">"), ('"', '"'), ("'", "'"), ("“", "”"), ("`", "`"), ("```\n", "\n```"), ("```url\n", "\n```"),
    ("[link](", ")"), ("here it is: ", " thanks"), ("(", ")"), ("\ufeff", "\u200b"), ("\u00a0", "\u00a0"), ("**", "**"),
    ("||", "||"), ("see ", "."), ("> ", "\n"), ("", "\n\nThanks!\nAda"), ("&lt;", "&gt;"), ("\t", "\r\n"),
]  # fmt: skip
PLACES = ["http://localhost:1455/auth/callback", "localhost:1455/auth/callback", "http://127.0.0.1:1455/auth/callback",
          "http://[::1]:1455/auth/callback", "HTTP://Localhost:1455/auth/callback", "/auth/callback", ""]  # fmt: skip
HIDDEN = ["\u200b", "\u00ad", "\ufeff", "\u2060"]
BREAKS = ["\n", "\r\n", "\n    ", "\n> "]

codes = st.text(VISIBLE, min_size=1, max_size=120)
states = st.text(string.ascii_letters + string.digits + "-_", min_size=43, max_size=43)
extras = st.sampled_from(["", "scope=a%20b&", "session_state=1&", "prompt=none&authuser=0&", "iss=https://i.example&"])


def expected(state: str) -> ExpectedRedirect:
    return ExpectedRedirect(REDIRECT, Secret(state), "https://i.example/authorize")


@given(
    code=codes,
    state=states,
    start=st.builds("{}{}".format, st.sampled_from(PLACES), st.sampled_from("?#")) | st.just(""),
    extra=extras,
    dresses=st.lists(st.sampled_from(DRESSES), max_size=3),
    ampersand=st.sampled_from(["&", "&amp;", "&#38;", "\\u0026", "\\&"]),
    hidden=st.tuples(st.integers(0, 400), st.sampled_from(HIDDEN)),
)
@settings(max_examples=400)
def test_any_code_in_any_dress_is_read_back_exactly(
    code: str,
    state: str,
    start: str,
    extra: str,
    dresses: list[tuple[str, str]],
    ampersand: str,
    hidden: tuple[int, str],
) -> None:
    text = f"{start}{extra}code={quote(code, safe='/')}&state={state}".replace("&", ampersand)
    text = text[: hidden[0]] + hidden[1] + text[hidden[0] :]
    for before, after in dresses:
        text = before + text + after

    assert code_for(read_paste(text), expected(state)).reveal() == code


@given(
    code=codes,
    state=states,
    width=st.integers(24, 120),
    line_break=st.sampled_from(BREAKS),
    words=st.sampled_from([("", ""), ("here it is:\n", "\nThanks a lot"), ("<", ">"), ("```\n", "\n```")]),
)
@settings(max_examples=300)
def test_an_address_wrapped_at_any_width_is_read_back_exactly(
    code: str, state: str, width: int, line_break: str, words: tuple[str, str]
) -> None:
    address = f"{REDIRECT}?code={quote(code, safe='/')}&state={state}"
    wrapped = line_break.join(address[i : i + width] for i in range(0, len(address), width))

    assert code_for(read_paste(words[0] + wrapped + words[1]), expected(state)).reveal() == code


@given(code=st.text(UNRESERVED + "/+", min_size=8, max_size=90), state=states, dress=st.sampled_from(DRESSES))
@settings(max_examples=300)
def test_a_pair_in_any_dress_is_read_back_exactly(code: str, state: str, dress: tuple[str, str]) -> None:
    code = "a1234567" + code.strip(".~_*")
    text = dress[0] + f"{code}0#{state}" + dress[1]

    assert code_for(read_paste(text), expected(state)).reveal() == f"{code}0"


fragments = st.sampled_from(
    ["http://", "localhost", "?", "&", "#", "=", "code", "state=", "error=", "\n", " ", "%", "%00", "=3D", "=\n",
     "&amp;", "`", "[", "]", "://", ":", "@", "/", "iss=", "eyJ", "\\", "\ud800", "ⅷ",
     "access_token=", "http://[", ":99999/", ".com/"]
)  # fmt: skip


@given(
    text=st.one_of(st.text(max_size=300), st.lists(st.one_of(fragments, st.text(max_size=4)), max_size=40).map("".join))
)
@settings(max_examples=1000)
def test_any_text_is_read_or_refused_and_never_anything_else(text: str) -> None:
    try:
        code_for(read_paste(text), expected("s" * 43))
    except PasteRefusedError as refusal:
        assert refusal.__context__ is None  # noqa: PT017 - whether it is refused is open


@given(canary=st.text(string.ascii_uppercase + string.digits, min_size=12, max_size=40), text=st.text(max_size=80))
@settings(max_examples=300)
def test_nothing_of_a_paste_is_in_its_refusal_or_repr(canary: str, text: str) -> None:
    for paste in (
        f"{text}{canary}",
        f"?code={canary}&state={canary}",
        f"http://{canary}/?error={canary}&state={canary}{text}",
    ):
        try:
            read = read_paste(paste)
            assert canary not in repr(read)
            assert not isinstance(read, ErrorRedirect) or read.state is None or canary not in str(read.state)
            code_for(read, expected("s" * 43))
        except PasteRefusedError as refusal:
            assert canary not in f"{refusal!r}{refusal}{refusal.todo}{refusal.kept}"  # noqa: PT017 - as above
