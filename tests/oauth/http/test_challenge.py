"""`WWW-Authenticate` headers as real servers send them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openab_auth.oauth.http import BearerChallenge, read_bearer
from openab_auth.oauth.http.challenge import Challenge, read_challenges

URL = "https://mcp.example/.well-known/oauth-protected-resource"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([f'Bearer resource_metadata="{URL}"'], BearerChallenge(URL)),
        ([f"bearer RESOURCE_METADATA={URL}"], BearerChallenge(URL)),
        (
            [f'BEARER realm="a, b", scope="read  write read", resource_metadata = "{URL}"'],
            BearerChallenge(URL, ("read", "write")),
        ),
        (["Bearer"], BearerChallenge()),
        (["Bearer error=invalid_token,error_description=gone"], BearerChallenge(error="invalid_token")),
        ([f'Basic realm="x", Bearer resource_metadata="{URL}", Negotiate abc=='], BearerChallenge(URL)),
        (["Negotiate YII+/==", f'Bearer resource_metadata="{URL}"'], BearerChallenge(URL)),
        (['Bearer scope="a"', f'Bearer scope="b", resource_metadata="{URL}"'], BearerChallenge(URL, ("a",))),
        ([r'Bearer realm="say \"Bearer\", \\o/", scope="x"'], BearerChallenge(scopes=("x",))),
        (['Bearer realm="never closed, scope="x"'], BearerChallenge()),
        (['Bearer scope="a", scope="b"'], BearerChallenge(scopes=("a",))),
        ([f',, Bearer  ,resource_metadata="{URL}",,'], BearerChallenge(URL)),
        (['DPoP algs="ES256", Bearer scope="x"'], BearerChallenge(scopes=("x",))),
    ],
    ids=str,
)
def test_what_a_server_asks_for_is_found_however_it_is_spelled(headers: list[str], expected: BearerChallenge) -> None:
    assert read_bearer(headers) == expected


@pytest.mark.parametrize(
    "header", ["", "Basic realm=x", "Basic Bearer", 'Digest realm="Bearer resource_metadata=x"', "=", '"']
)
def test_where_no_bearer_challenge_is_none_is_found(header: str) -> None:
    assert read_bearer([header]) is None


def test_two_bearer_challenges_are_read_together() -> None:
    """Some servers send the error and the metadata in two headers."""
    found = read_bearer(['Bearer error="insufficient_scope", scope="files:write"', f'Bearer resource_metadata="{URL}"'])

    assert found == BearerChallenge(URL, ("files:write",), "insufficient_scope")


TOKENS = st.text("abcdefghijklmnopqrstuvwxyzABCDEFZ0123456789-_.~!", min_size=1, max_size=12)
VALUES = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=40)
CHALLENGES = st.lists(
    st.builds(Challenge, TOKENS.map(str.lower), st.dictionaries(TOKENS.map(str.lower), VALUES, min_size=1, max_size=4)),
    min_size=1,
    max_size=4,
)


@settings(max_examples=50)
@given(challenges=CHALLENGES, data=st.data())
def test_every_correct_spelling_is_read_back(challenges: list[Challenge], data: st.DataObject) -> None:
    """RFC 9110 11.6.1: challenges in one header or in several, any white space, any case, any quoting."""

    def spelled(challenge: Challenge) -> str:
        gap = data.draw(st.sampled_from(["", " ", "  ", "\t"]))
        pairs = []
        for name, value in challenge.parameters.items():
            escaped = "".join(f"\\{c}" if c in '"\\' or data.draw(st.booleans()) else c for c in value)
            pairs.append(f'{data.draw(st.sampled_from([name, name.upper()]))}{gap}={gap}"{escaped}"')
        return f"{challenge.scheme} " + f"{gap},{gap}".join(pairs)

    texts = [spelled(challenge) for challenge in challenges]
    headers = texts if data.draw(st.booleans()) else [", ".join(texts)]

    assert list(read_challenges(headers)) == challenges


@given(st.lists(st.text(max_size=200), max_size=3))
def test_no_header_can_make_it_fail(headers: list[str]) -> None:
    for challenge in read_challenges(headers):
        assert challenge.scheme == challenge.scheme.lower()


def test_a_header_longer_than_any_servers_says_nothing() -> None:
    assert read_bearer(["Bearer scope=a", f'Bearer error="{"x" * 8200}"']) == BearerChallenge(scopes=("a",))
