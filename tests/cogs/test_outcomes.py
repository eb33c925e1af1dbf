import logging

import pytest

from cogs.auth.language import english
from cogs.auth.outcomes import failed
from cogs.auth.paste_modal import PasteButton
from oauth.errors import ExchangeRefusedError, VendorUnavailableError
from oauth.refusal import DeniedRedirectError, Refusal, refused

FLOW = "77359400-abcdef"


def test_an_unexpected_failure_is_an_apology_with_an_id_that_the_log_knows(caplog: pytest.LogCaptureFixture) -> None:
    """A library's exception may hold an address with a code in it: neither the person nor the log gets its words."""
    secret = "canary"
    try:
        try:
            raise ValueError(secret)  # noqa: TRY301
        except ValueError as error:
            raise RuntimeError(secret) from error
    except RuntimeError as error:
        with caplog.at_level(logging.ERROR):
            answer = failed(english(), error, "auth login")
    incident = answer.content.split("`")[1]
    assert incident in caplog.text
    assert "RuntimeError" in caplog.text
    assert "ValueError" in caplog.text
    assert "test_outcomes.py" in caplog.text
    assert "canary" not in caplog.text
    assert "canary" not in answer.content


async def test_a_paste_that_can_be_mended_gets_the_button_again() -> None:
    assert (
        failed(english(), refused(Refusal.BARE_CODE), "paste", retry=PasteButton(english(), "lab", FLOW)).view
        is not None
    )
    unsent = VendorUnavailableError("lab", "no route", sent=False)
    assert failed(english(), unsent, "paste", retry=PasteButton(english(), "lab", FLOW)).view is not None


@pytest.mark.parametrize(
    "error",
    [
        ExchangeRefusedError("lab", "invalid_grant"),
        VendorUnavailableError("lab", "timeout", sent=True),
        DeniedRedirectError("access_denied", ends_login=True),
    ],
)
async def test_a_login_that_is_over_gets_no_button(error: Exception) -> None:
    assert failed(english(), error, "paste", retry=PasteButton(english(), "lab", FLOW)).view is None
