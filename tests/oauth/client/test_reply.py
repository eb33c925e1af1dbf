"""A token reply becomes a `TokenResponse`."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openab_auth.oauth.client import is_other_account, read_token_response
from openab_auth.oauth.client.replies.subject import subject_ids
from openab_auth.oauth.client.replies.token_response import account_label, jwt_claims
from openab_auth.oauth.vendors import Vendor, VendorName
from openab_auth.storage import NEVER, Secret, Tenant
from openab_auth.storage.entries import Json
from openab_auth.storage.records.notes import Subject

NOW = 1_800_000_000.0
VENDOR = Vendor(VendorName("lab"), "Lab", Tenant("lab"), token_lifetime=3600, account_from="email")


def id_token(claims: dict[str, Json]) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"e30.{body}.sig"


@pytest.mark.parametrize(
    ("expires_in", "lifetime"),
    [
        (60, 60),
        ("60", 60),
        (60.9, 60),
        ("60.5", 60),
        (None, 3600),
        (0, 3600),
        (-1, 3600),
        (True, 3600),
        ("soon", 3600),
        (float("nan"), 3600),
        (float("inf"), 3600),
        ([], 3600),
    ],
    ids=repr,
)
def test_a_lifetime_comes_in_any_spelling_and_has_a_default(expires_in: Json, lifetime: int) -> None:
    grant = read_token_response(VENDOR.client(), {"access_token": "at", "expires_in": expires_in}, now=NOW)

    assert grant.expires_at == NOW + lifetime


def jwt(**claims: Json) -> str:
    part = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"e30.{part}.c2ln"


@pytest.mark.parametrize(
    ("reply", "lifetime", "expires_at"),
    [
        ({"access_token": "opaque"}, None, NEVER),
        ({"access_token": "opaque"}, 60, NOW + 60),
        ({"access_token": "opaque", "refresh_token": "rt"}, None, NOW + 3600),
        ({"access_token": "opaque", "refresh_token": "rt"}, NEVER, NEVER),
        ({"access_token": jwt(exp=NOW + 300), "refresh_token": "rt"}, None, NOW + 300),
        ({"access_token": jwt(exp=NOW + 300)}, 9000, NOW + 300),
        ({"access_token": jwt(exp=NOW + 300), "expires_in": 50}, None, NOW + 50),
        ({"access_token": jwt(exp=NOW - 1)}, None, NEVER),
        ({"access_token": jwt(exp=(NOW + 300) * 1000), "refresh_token": "rt"}, None, NOW + 300),
        ({"access_token": "opaque", "expires_at": NOW + 300}, None, NOW + 300),
        ({"access_token": "opaque", "expires_at": str(int(NOW + 300)), "refresh_token": "rt"}, None, NOW + 300),
        ({"access_token": "opaque", "expires_on": str(int(NOW + 300))}, None, NOW + 300),
        ({"access_token": "opaque", "expires_at": (NOW + 300) * 1000, "refresh_token": "rt"}, 9000, NOW + 300),
        ({"access_token": "opaque", "expires_at": "2027-01-15T08:05:00Z", "refresh_token": "rt"}, None, NOW + 300),
        ({"access_token": "opaque", "expiresAt": "2027-01-15T10:05:00.5+02:00"}, None, NOW + 300),
        ({"access_token": "opaque", "expires_in": "", "expires_at": "2027-01-15T08:05:00"}, None, NOW + 300),
        ({"access_token": "opaque", "expires_in": 50, "expires_at": NOW + 300}, None, NOW + 50),
        ({"access_token": "opaque", "expires_in": NOW + 300}, None, NOW + 300),
        ({"access_token": "opaque", "expires_in": str(int(NOW + 300) * 1000), "refresh_token": "rt"}, None, NOW + 300),
        ({"access_token": "opaque", "expires_at": NOW - 300, "refresh_token": "rt"}, None, NOW + 3600),
        ({"access_token": "opaque", "expires_at": "soon", "refresh_token": "rt"}, None, NOW + 3600),
        (
            {"access_token": "opaque", "expires_at": "0001-01-01T00:00:00+14:00", "refresh_token": "rt"},
            None,
            NOW + 3600,
        ),
        ({"access_token": "opaque", "expires_in": 3600, "expires_at": "9999-12-31T23:59:59-14:00"}, None, NOW + 3600),
        ({"access_token": jwt(exp="soon"), "refresh_token": "rt"}, None, NOW + 3600),
        ({"access_token": "e30.@@.x", "refresh_token": "rt", "expires_in": "never"}, None, NOW + 3600),
    ],
    ids=repr,
)
def test_the_end_of_a_token_is_what_somebody_said(
    reply: dict[str, Json], lifetime: int | None, expires_at: int
) -> None:
    """The reply's `expires_in`, the token's own `exp`, the table; a token that nobody can renew has no invented end."""
    client = replace(VENDOR, token_lifetime=lifetime).client()

    assert read_token_response(client, reply, now=NOW).expires_at == expires_at


def test_a_refresh_that_names_no_end_has_an_assumed_end() -> None:
    client = replace(VENDOR, token_lifetime=None).client()

    assert read_token_response(client, {"access_token": "at"}, now=NOW, renewable=True).expires_at == NOW + 3600


def test_an_absurd_lifetime_still_fits_the_file() -> None:
    assert (
        read_token_response(VENDOR.client(), {"access_token": "at", "expires_in": 10**30}, now=NOW).expires_at == NEVER
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(expires_in=json_values, scope=json_values, refresh_token=json_values, token=json_values, email=json_values)
def test_no_reply_of_any_shape_breaks_the_reading(
    expires_in: Json, scope: Json, refresh_token: Json, token: Json, email: Json
) -> None:
    reply: dict[str, Json] = {
        "access_token": "at",
        "expires_in": expires_in,
        "scope": scope,
        "refresh_token": refresh_token,
        "id_token": token,
        "email": email,
    }

    grant = read_token_response(VENDOR.client(), reply, now=NOW)

    assert 0 < grant.expires_at <= NEVER
    assert all(isinstance(one, str) for one in grant.scopes)


@pytest.mark.parametrize("missing", [None, "", 7, "two\nlines"])
def test_a_refresh_token_that_is_none_is_not_made_one(missing: Json) -> None:
    assert (
        read_token_response(VENDOR.client(), {"access_token": "at", "refresh_token": missing}, now=NOW).refresh_token
        is None
    )


def test_scopes_are_a_text_or_a_list() -> None:
    assert read_token_response(VENDOR.client(), {"access_token": "at", "scope": "a b"}, now=NOW).scopes == ("a", "b")
    assert read_token_response(VENDOR.client(), {"access_token": "at", "scope": ["a", "b"]}, now=NOW).scopes == (
        "a",
        "b",
    )


def test_the_account_comes_from_the_id_token_before_the_reply() -> None:
    reply: dict[str, Json] = {
        "access_token": "at",
        "id_token": id_token({"email": "ada@example.com"}),
        "email": "other",
    }

    assert read_token_response(VENDOR.client(), reply, now=NOW).account == "ada@example.com"


def test_the_account_is_found_at_a_path_and_under_a_claim_named_by_a_url() -> None:
    nested = replace(VENDOR, account_from="account.email_address")
    claim = replace(VENDOR, account_from="https://api.openai.com/auth.chatgpt_plan_type")

    assert account_label(nested.client(), {"account": {"email_address": "ada@example.com"}}) == "ada@example.com"
    assert account_label(claim.client(), {"https://api.openai.com/auth": {"chatgpt_plan_type": "plus"}}) == "plus"
    assert account_label(nested.client(), {"account": "ada"}) is None


def test_a_label_is_one_short_printable_line() -> None:
    label = account_label(VENDOR.client(), {"email": "ada\n\u202e@example.com" + "x" * 500})

    assert label is not None
    assert label.startswith("ada @example.com")
    assert len(label) <= 100


@given(st.text() | st.binary().map(lambda raw: "a." + base64.urlsafe_b64encode(raw).decode() + ".c"))
def test_a_broken_id_token_is_only_a_missing_label(token: str) -> None:
    assert isinstance(jwt_claims(token), dict)


def test_a_label_that_repeats_a_token_or_the_code_does_not_show_it() -> None:
    """The label goes into the notes, which hold no secret."""
    reply: dict[str, Json] = {"access_token": "canary-access-1", "refresh_token": "canary-refresh-1"}
    reply["email"] = "ada canary-access-1 canary-refresh-1 canary-code-123"

    grant = read_token_response(VENDOR.client(), reply, now=NOW, sent=(Secret("canary-code-123"),))

    assert grant.account is not None
    assert grant.account.startswith("ada ")
    assert "canary" not in grant.account


def test_scopes_without_end_are_not_remembered_without_end() -> None:
    grant = read_token_response(
        VENDOR.client(), {"access_token": "at", "scope": "s" * 400_000 + " t" * 200_000}, now=NOW
    )

    assert len(repr(grant.scopes)) < 10_000


@pytest.mark.parametrize(
    ("tenant", "reply", "same"),
    [
        ("anthropic-oauth", {"account": {"uuid": "u-1", "email_address": "Ada@example.com"}}, True),
        ("anthropic-oauth", {"account": {"uuid": "u-2", "email_address": "ada@example.com"}}, False),
        ("lab", {"account": {"uuid": "u-2"}}, True),  # no id is known there: nobody is refused
        ("anthropic-oauth", {}, True),
    ],
)
def test_a_vendors_own_id_says_whose_tokens_these_are(tenant: str, reply: dict[str, Json], same: bool) -> None:
    vendor = replace(VENDOR, tenant=Tenant(tenant))
    known = Subject(subject_ids(vendor.client(), {}, {"account": {"uuid": "u-1"}}), Secret("r").fingerprint())
    assert is_other_account(known, Secret("r"), subject_ids(vendor.client(), {}, reply)) is not same


@pytest.mark.parametrize(
    ("claims", "same"),
    [
        ({"iss": "https://a", "sub": "1", "email": "new"}, True),
        ({"iss": "https://a", "sub": "2", "email": "old"}, False),
        ({"iss": "https://b", "sub": "2"}, True),  # another issuer's subjects cannot be compared
        ({"sub": ["1"]}, True),
        ({}, True),
    ],
)
def test_sub_decides_with_its_issuer_and_for_the_token_it_came_with(claims: dict[str, Json], same: bool) -> None:
    known = Subject(
        subject_ids(VENDOR.client(), {"iss": "https://a", "sub": "1", "email": "old"}, {}), Secret("r").fingerprint()
    )
    given = subject_ids(VENDOR.client(), claims, {})
    assert is_other_account(known, Secret("r"), given) is not same
    assert not is_other_account(known, Secret("of another program"), given)


def test_a_remembered_account_shows_neither_its_id_nor_a_token() -> None:
    assert "canary" not in repr(subject_ids(VENDOR.client(), {"sub": "canary", "iss": "canary"}, {}))
