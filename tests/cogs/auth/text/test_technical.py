"""No message to a person has a protocol's own words; the log has them, under the incident id that the person sees."""

from __future__ import annotations

import logging
import re

import pytest

from openab_auth.cogs.auth.text import words
from openab_auth.cogs.auth.text.language import Language, languages
from openab_auth.cogs.auth.text.technical import in_peoples_words
from openab_auth.cogs.auth.views.failure import failure_message
from openab_auth.oauth.errors import (
    ClientMissingError,
    ExchangeRefusedError,
    LoginDeadError,
    LoginDeniedError,
    LoginNotStoredError,
    PlanMissingError,
    ProgramFailedError,
    ProgramWaitsError,
    ServerUnusableError,
    VendorMisconfiguredError,
    VendorUnavailableError,
)
from openab_auth.oauth.logins import LogoutResult
from openab_auth.oauth.paste import DeniedRedirectError
from openab_auth.storage import DeadToken, RefreshAttempt, Tenant
from openab_auth.storage.errors import OpenabAuthError, StoreUnreadableError, StoreUnwritableError
from tests.cogs.auth.login_states import login_state
from tests.cogs.auth.text.failures import MET

RAW = re.compile(
    r"HTTP ?\d|\b[45]\d\d\b|\berrno\b|\bE[A-Z]{4,}\b|/data/"
    r"|[Ii]nvalid[_ ](?:grant|client|request|scope|token)"
    r"|[Aa]ccess[_ ]denied|[Uu]nauthorized[_ ]client|[Ss]erver[_ ]error|temporarily[_ ]unavailable|expired[_ ]token"
)
EMPTY = re.compile(r"[(:\uff08\uff1a] ?none|\( *\)")
REASONS = (
    "HTTP 400, invalid_grant",
    "HTTP 503",
    "access_denied",
    "access denied",
    "invalid_client: unauthorized_client",
    "HTTP 403 without JSON, perhaps a proxy's page",
    "it refused to register one (HTTP 403, access_denied)",
    "temporarily_unavailable: server_error",
)
EVERY = languages().values()


def failures(reason: str) -> list[OpenabAuthError]:
    return [
        ClientMissingError(
            "mcp:lab", reason, issuer="https://as", redirect_uri="http://x/", scopes=(), table="[mcp.lab]"
        ),
        DeniedRedirectError(reason, ends_login=True),
        ExchangeRefusedError("lab", reason),
        LoginDeadError("lab", reason),
        LoginDeniedError("lab", reason),
        LoginNotStoredError("lab", StoreUnwritableError("/data/auth.json", "ENOSPC")),
        PlanMissingError("lab", reason),
        ProgramFailedError("lab", 1, reason),
        ProgramWaitsError("lab", reason),
        ServerUnusableError("mcp:lab", reason, "write issuer into [mcp.lab]"),
        StoreUnreadableError("/data/auth.json", "EACCES"),
        VendorMisconfiguredError("lab", reason, "compare the table with the documentation"),
        VendorUnavailableError("lab", reason, asked="code"),
    ]


@pytest.mark.parametrize("language", EVERY, ids=lambda language: language.tag)
def test_no_failure_has_raw_words(language: Language) -> None:
    for error in [*MET, *(error for reason in REASONS for error in failures(reason))]:
        text = failure_message(language, error, "paste", vendor="lab").content
        assert not RAW.search(text), f"{type(error).__name__}: {text}"
        assert not EMPTY.search(text), text


@pytest.mark.parametrize("language", EVERY, ids=lambda language: language.tag)
@pytest.mark.parametrize("reason", REASONS)
def test_no_other_message_has_raw_words(language: Language, reason: str) -> None:
    failed = RefreshAttempt("f", 100.5, reason, answered=True, not_before=160.5)
    state = login_state(state="dead", died=DeadToken("f", reason, 1), failed=failed)
    for text in (
        words.login_ended(language, state),
        words.login(language, state),
        words.logged_out(language, LogoutResult(Tenant("lab"), True, False, reason, False), "lab"),  # noqa: FBT003
    ):
        assert not RAW.search(text), text
        assert not EMPTY.search(text), text


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("HTTP 400, invalid_grant", ""),
        ("HTTP 403, Copilot is not enabled for this account", "Copilot is not enabled for this account"),
        ("access denied: the person pressed Deny", "the person pressed Deny"),
        ("it refused to register one (HTTP 403)", "it refused to register one"),
        ("its metadata is of another issuer", "its metadata is of another issuer"),
    ],
)
def test_the_sentences_of_a_reason_are_kept(reason: str, told: str) -> None:
    assert in_peoples_words(reason) == told


def test_the_log_has_the_detail_under_the_id_that_the_person_sees(caplog: pytest.LogCaptureFixture) -> None:
    for error, level in (
        (VendorMisconfiguredError("lab", "HTTP 401, invalid_client", "compare"), logging.ERROR),
        (StoreUnwritableError("/data/auth.json", "ENOSPC"), logging.ERROR),
        (ExchangeRefusedError("lab", "HTTP 400, invalid_grant"), logging.INFO),
    ):
        caplog.clear()
        with caplog.at_level(logging.INFO):
            text = failure_message(languages()["en-US"], error, "paste").content
        incident = text.rpartition("`")[0].rpartition("`")[2]
        (line,) = caplog.records
        assert line.levelno == level
        assert incident in line.getMessage()
        assert error.happened in line.getMessage()
