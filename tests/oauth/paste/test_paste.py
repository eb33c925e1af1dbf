"""The checks of a paste against its login, and the text of each refusal."""

import time
import traceback

import pytest

from openab_auth.oauth.errors import PasteRefusedError
from openab_auth.oauth.paste import (
    DeniedRedirectError,
    ErrorRedirect,
    ExpectedRedirect,
    PasteMistake,
    Redirect,
    code_for,
    read_paste,
)
from openab_auth.oauth.paste.mistakes import paste_refusal, plain_line
from openab_auth.storage.secret import Secret

STATE = "kQ3-state-of-this-login_77"
CALLBACK = "http://localhost:1455/auth/callback"
LOGIN = ExpectedRedirect(
    CALLBACK, Secret(STATE), "https://issuer.example/authorize?client_id=1", "https://issuer.example"
)


def denied(text: str) -> DeniedRedirectError:
    with pytest.raises(DeniedRedirectError) as refusal:
        code_for(read_paste(text), LOGIN)
    return refusal.value


def refusal_of(text: str, login: ExpectedRedirect = LOGIN) -> str:
    with pytest.raises(PasteRefusedError) as refusal:
        code_for(read_paste(text), login)
    return refusal.value.reason


@pytest.mark.parametrize("reason", [reason for reason in PasteMistake if reason is not PasteMistake.DENIED])
def test_each_mistake_says_what_happened_what_was_kept_and_what_to_do(reason: PasteMistake) -> None:
    error = paste_refusal(reason)

    assert error.reason is reason
    assert error.happened
    assert error.kept == "the login still waits"
    assert error.todo


def test_a_pasted_token_is_to_be_revoked() -> None:
    assert "revoke it" in paste_refusal(PasteMistake.TOKEN_OR_KEY).todo


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("a%2Fb", "a/b"),
        ("a/b", "a/b"),
        ("a+b", "a+b"),
        ("a%2Bb", "a+b"),
        ("a%252Fb", "a%2Fb"),
        ("a==", "a=="),
        ("3Dabc", "3Dabc"),
        ("4/0.AA/1", "4/0.AA/1"),
        ("a.b_c-d~", "a.b_c-d~"),
        ("a%20b", "a b"),
        ("a:b,c;d", "a:b,c;d"),
    ],
)
def test_a_code_is_decoded_once_and_a_plus_stays(raw: str, code: str) -> None:
    assert code_for(read_paste(f"{CALLBACK}?code={raw}&state={STATE}"), LOGIN).reveal() == code


def test_values_that_look_like_quoted_printable_are_not_decoded() -> None:
    login = ExpectedRedirect(CALLBACK, Secret("3Dabc"), "https://issuer.example/authorize")

    assert code_for(read_paste(f"{CALLBACK}?code=3Dxyz&state=3Dabc"), login).reveal() == "3Dxyz"


@pytest.mark.parametrize("code", ["0.AA/123456", "4/0.AA/123456", "a~0.AA/b45678"])
def test_a_host_within_a_code_is_no_address(code: str) -> None:
    assert code_for(read_paste(f"{code}#{STATE}"), LOGIN).reveal() == code
    assert code_for(read_paste(f"code={code}&state={STATE}"), LOGIN).reveal() == code


def test_a_state_may_be_percent_encoded_as_a_whole() -> None:
    encoded = "".join(f"%{ord(c):02x}" for c in STATE)

    assert code_for(read_paste(f"?code=a&state={encoded}"), LOGIN).reveal() == "a"


def test_ambiguous_ends_of_a_state_are_all_tried_and_no_other_state_passes() -> None:
    paste = read_paste(f"{CALLBACK}?code=a&state={STATE[:5]}\n{STATE[5:]} thanks")

    assert isinstance(paste, Redirect)
    assert paste.has_state(Secret(STATE))
    assert not paste.has_state(Secret(STATE[:-1]))


@pytest.mark.parametrize(
    ("given", "uri", "fits"),
    [
        ("http://127.0.0.1:8/cb", "http://localhost:8/cb", True),
        ("http://[::1]:8/cb", "http://127.0.0.1:8/cb", True),
        ("http://localhost/cb", "http://localhost:8/cb", True),
        ("http://localhost:9/cb", "http://localhost:8/cb", False),
        ("https://app.example/cb", "https://app.example/cb", True),
        ("https://app.example:443/cb", "https://app.example/cb", True),
        ("https://app.example:444/cb", "https://app.example/cb", False),
        ("http://app.example/cb", "https://app.example/cb", False),
        ("https://APP.example/cb", "https://app.example/cb", True),
        ("https://app.example/CB", "https://app.example/cb", False),
        ("https://app.example.evil/cb", "https://app.example/cb", False),
        ("https://evil/app.example/cb", "https://app.example/cb", False),
        ("app.example/cb", "https://app.example/cb", True),
        ("com.example.app://cb", "com.example.app://cb", True),
        ("http://localhost:99999/cb", "http://localhost:8/cb", False),
        ("http://[::/cb", "http://localhost:8/cb", False),
        ("http://me@localhost:8/cb", "http://localhost:8/cb", False),
        ("/cb", "http://localhost:8/cb", True),
        ("/evil", "http://localhost:8/cb", False),
    ],
)
def test_the_address_must_be_the_logins_own(given: str, uri: str, *, fits: bool) -> None:
    login = ExpectedRedirect(uri, Secret(STATE), "https://issuer.example/authorize")
    text = f"{given}?code=abc&state={STATE}"

    if fits:
        assert code_for(read_paste(text), login).reveal() == "abc"
    else:
        assert refusal_of(text, login) == PasteMistake.OTHER_REDIRECT


def test_an_issuer_is_compared_plainly_and_only_when_both_are_known() -> None:
    """RFC 9207, 2.4: simple string comparison."""
    of_nobody = ExpectedRedirect(CALLBACK, Secret(STATE), "https://issuer.example/authorize", None)
    text = f"?code=a&state={STATE}&iss=https://ISSUER.example"

    assert refusal_of(text) == PasteMistake.OTHER_ISSUER
    assert code_for(read_paste(text), of_nobody).reveal() == "a"


def test_an_error_of_this_login_ends_it_and_says_why() -> None:
    error = denied(f"{CALLBACK}?error=access_denied&error_description=The+user+said+no&state={STATE}")

    assert error.ends_login
    assert "access denied: The user said no" in error.happened
    assert error.reason == PasteMistake.DENIED


@pytest.mark.parametrize("state", ["", "&state=of-another"])
def test_an_error_that_may_be_anothers_changes_nothing_and_repeats_nothing(state: str) -> None:
    error = denied(f"{CALLBACK}?error=access_denied&error_description=canary{state}")

    assert not error.ends_login
    assert error.kept == "the login still waits"
    assert "canary" not in str(error)


def test_an_error_from_another_issuer_or_place_ends_nothing() -> None:
    error = f"error=access_denied&state={STATE}"

    assert refusal_of(f"{CALLBACK}?{error}&iss=https://evil.example") == PasteMistake.OTHER_ISSUER
    assert refusal_of(f"https://evil.example/cb?{error}") == PasteMistake.OTHER_REDIRECT


def test_a_description_that_repeats_the_state_is_not_shown() -> None:
    error = denied(f"?error=access_denied&error_description=for+{STATE}&state={STATE}")

    assert error.ends_login
    assert STATE not in str(error)


def test_a_description_is_one_bounded_line_without_markup_or_links() -> None:
    shown = plain_line("**Go** to\n[here](https://evil.example)\u202e `now` <@1> ||x|| @everyone \x07" + "z" * 9000)

    assert len(shown) == 200
    assert not set("*[]`<>|@\n\x07\u202e_~#") & set(shown)
    assert "//" not in shown


def test_values_show_nothing_of_the_paste_in_their_repr() -> None:
    good = read_paste("http://canary.example/canary?code=canary&state=canary2&iss=canary")
    bad = read_paste("http://canary.example/?error=canary&error_description=canary&state=canary")

    assert isinstance(good, Redirect)
    assert isinstance(bad, ErrorRedirect)
    assert "canary" not in repr(good) + repr(bad)


def test_a_paste_of_8_kb_is_read_and_one_byte_more_is_not() -> None:
    start = f"{CALLBACK}?state={STATE}&code="
    text = start + "a" * (8192 - len(start))

    assert len(code_for(read_paste(text), LOGIN).reveal()) == 8192 - len(start)
    assert refusal_of(text + "a") == PasteMistake.TOO_LONG
    assert refusal_of("ä" * 5000) == PasteMistake.TOO_LONG


@pytest.mark.parametrize(
    "unit",
    ["a", "a.", "a-", "a:", "http://", "?code=", "&code=", "code=", "=\n", "=3D", "> ", ">", "`", "```\n", "\n", " ",
     "a ", "a\n", "&amp;", "&", "#", "a#", "[", "](", "A1 ", "localhost/", "a.b/", "eyJ.", "Bearer ", "gh", "sk-",
     "_", "\\", "\u200b", "a@", "1.", "%3D", "~~~", "access_token", "state=", "\ncode=", "*", "?a=http://", "-\n"],
)  # fmt: skip
@pytest.mark.parametrize("frame", ["", "{}!", "http://localhost/?{}", "?code=1&state={}\x7f", "code%3D{}", "1#{}"])
def test_no_text_takes_long(unit: str, frame: str) -> None:
    text = frame.format("")
    text = (
        frame.format(unit * ((8192 - len(text)) // len(unit.encode())))
        if frame
        else unit * (8192 // len(unit.encode()))
    )
    began = time.process_time()

    try:
        read_paste(text)
    except PasteRefusedError as refusal:
        assert refusal.__context__ is None  # noqa: PT017 - only its speed is certain, not whether it is refused
    assert time.process_time() - began < 0.5


def test_a_refusal_carries_no_other_exception_with_the_text_in_it() -> None:
    with pytest.raises(PasteRefusedError) as refusal:
        code_for(read_paste("http://[canary:/x?code=a&state=b"), LOGIN)

    assert refusal.value.__context__ is None
    assert "canary" not in "".join(traceback.format_exception_only(refusal.value))
