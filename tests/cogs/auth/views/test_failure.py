import logging

import pytest

from openab_auth.cogs.auth.replies import ReplyContent
from openab_auth.cogs.auth.text.language import english
from openab_auth.cogs.auth.views.buttons import LoginButton
from openab_auth.cogs.auth.views.failure import failure_message
from openab_auth.cogs.auth.views.login.paste_form import PasteButton
from openab_auth.oauth.errors import (
    ExchangeRefusedError,
    LoginDeniedError,
    LoginExpiredError,
    LoginNotStoredError,
    NetworkVariableError,
    NoPendingLoginError,
    TooManyLoginsError,
    VendorMisconfiguredError,
    VendorUnavailableError,
)
from openab_auth.oauth.paste import DeniedRedirectError, PasteMistake
from openab_auth.oauth.paste.mistakes import paste_refusal
from openab_auth.storage.errors import StoreBusyError

KEY = "77359400-abcdef"


def test_an_unexpected_failure_is_an_apology_with_an_id_that_the_log_knows(caplog: pytest.LogCaptureFixture) -> None:
    """A library's exception may contain an address with a code, so neither the person nor the log gets its text."""
    secret = "canary"
    try:
        try:
            raise ValueError(secret)  # noqa: TRY301
        except ValueError as error:
            raise RuntimeError(secret) from error
    except RuntimeError as error:
        with caplog.at_level(logging.ERROR):
            answer = failure_message(english(), error, "auth login")
    incident = answer.content.split("`")[1]
    assert incident in caplog.text
    assert "RuntimeError" in caplog.text
    assert "ValueError" in caplog.text
    assert "test_failure.py" in caplog.text
    assert "canary" not in caplog.text
    assert "canary" not in answer.content


def buttons(answer: ReplyContent) -> list[type]:
    return [type(button) for button in answer.buttons]


async def test_a_paste_that_can_be_mended_gets_the_button_again() -> None:
    for error in (
        paste_refusal(PasteMistake.BARE_CODE),
        VendorUnavailableError("lab", "no route", asked="code", processed=False),
        VendorUnavailableError("lab", "HTTP 503"),  # of its metadata: the paste was not yet taken
        StoreBusyError("/x", 1.0),
        NetworkVariableError("ALL_PROXY", "names a socks:// proxy", "unset it"),
        VendorMisconfiguredError("lab", "its certificate", "check it", asked="code", processed=False),
        DeniedRedirectError("access_denied", ends_login=False),
    ):
        assert buttons(failure_message(english(), error, "paste", vendor="lab", key=KEY)) == [PasteButton]


@pytest.mark.parametrize(
    "error",
    [
        ExchangeRefusedError("lab", "invalid_grant"),
        VendorUnavailableError("lab", "timeout", asked="code", processed=True),
        DeniedRedirectError("access_denied", ends_login=True),
        NoPendingLoginError("lab"),
        LoginDeniedError("lab", "access denied"),
        LoginExpiredError("lab"),
    ],
)
async def test_a_login_that_is_over_gets_a_button_for_a_new_link(error: Exception) -> None:
    assert buttons(failure_message(english(), error, "paste", vendor="lab", key=KEY)) == [LoginButton]
    assert buttons(failure_message(english(), error, "auth complete")) == []


@pytest.mark.parametrize("error", [TooManyLoginsError(5), LoginNotStoredError("lab", StoreBusyError("/x", 1.0))])
async def test_what_neither_button_helps_with_gets_none(error: Exception) -> None:
    assert buttons(failure_message(english(), error, "paste", vendor="lab", key=KEY)) == []


async def test_a_name_that_no_button_can_hold_gets_none() -> None:
    assert buttons(failure_message(english(), NoPendingLoginError(), "auth complete", vendor="x" * 90)) == []
