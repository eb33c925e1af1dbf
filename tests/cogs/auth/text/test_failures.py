"""Each error that a person can meet, in each language; what is new in oauth or storage is missed here first."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import openab_auth.cogs.auth.commands  # noqa: F401 - so that every error class is there
from openab_auth.cogs.auth.guard.errors import (
    AccessDeniedError,
    AccessUnknownError,
    BotRefusedError,
    DirectMessageRefusedError,
    NoAllowedRoleError,
    NobodysLoginError,
    NotListedError,
    NotYourLoginError,
    NotYourServerError,
    RolesHiddenError,
)
from openab_auth.cogs.auth.guard.open_requests import ClosingError
from openab_auth.cogs.auth.guard.rate_limit import TooManyAttemptsError
from openab_auth.cogs.auth.text.failures import described, failure
from openab_auth.cogs.auth.text.language import Language, english, languages
from openab_auth.cogs.auth.views.login import LinkTooLongError
from openab_auth.cogs.auth.views.logout import NameTooLongError
from openab_auth.oauth.errors import (
    AddingServersOffError,
    ClientMissingError,
    ClientRefusedError,
    ConfigError,
    ExchangeRefusedError,
    ForeignLoginError,
    InsufficientScopeError,
    LoginChangedError,
    LoginDeadError,
    LoginDeniedError,
    LoginExpiredError,
    LoginNotStoredError,
    LoginOvertakenError,
    LoginTakenError,
    NoLoginError,
    NoPendingLoginError,
    NotLoggedInError,
    NotRefreshableError,
    OAuthError,
    PasteRefusedError,
    PlanMissingError,
    ProgramFailedError,
    ProgramMissingError,
    ProgramWaitsError,
    RefreshBusyError,
    RefreshUnansweredError,
    RelativePathError,
    RiskNotAcceptedError,
    SecretMissingError,
    ServerAddressError,
    ServerInUseError,
    ServerNameError,
    ServerNameTakenError,
    ServerNotAddedError,
    ServerNotRemovedError,
    ServerNotThereError,
    ServerUnusableError,
    StillMisconfiguredError,
    TooManyLoginsError,
    TooManyServersError,
    TooManyWaitError,
    UnknownHomeError,
    UnknownVendorError,
    VendorMisconfiguredError,
    VendorUnavailableError,
    WhichLoginError,
)
from openab_auth.oauth.paste import DeniedRedirectError, PasteMistake
from openab_auth.oauth.paste.mistakes import paste_refusal
from openab_auth.storage import UserId
from openab_auth.storage.errors import (
    InvalidEntryError,
    InvalidTenantError,
    OpenabAuthError,
    ServersUnwrittenError,
    StorageError,
    StoreBusyError,
    StoreUnreadableError,
    StoreUnwritableError,
)
from tests.support.catalogues import entries

REDIRECT = "http://localhost:53682/callback"
MET: list[OpenabAuthError] = [
    BotRefusedError(),
    DirectMessageRefusedError(),
    NotListedError(UserId(5)),
    NoAllowedRoleError(UserId(5)),
    RolesHiddenError(UserId(5)),
    AccessUnknownError(),
    NotYourLoginError(UserId(5)),
    NobodysLoginError(),
    NotYourServerError(UserId(5)),
    TooManyAttemptsError(10, 41.6),
    ClosingError(),
    LinkTooLongError("The Lab", 5000),
    NameTooLongError(),
    NotLoggedInError("lab"),
    LoginDeadError("lab", "invalid_grant"),
    LoginTakenError("lab", 5, "ada@example.com"),
    LoginChangedError("lab"),
    LoginOvertakenError(LoginTakenError("lab", 5, "ada@example.com")),
    RefreshBusyError("lab", 20.0),
    UnknownVendorError("lob", ("lab", "second")),
    UnknownVendorError("lob", ()),
    VendorUnavailableError("lab", "HTTP 503"),
    VendorUnavailableError("lab", "HTTP 503", asked="code"),
    VendorUnavailableError("lab", "no route", asked="code", sent=False),
    VendorMisconfiguredError("lab", "invalid_client", "compare the table with the documentation"),
    ClientRefusedError("lab", "invalid_client", "compare the table with the documentation"),
    *(
        ClientMissingError(
            "mcp:lab", "HTTP 404", issuer="https://as.example", redirect_uri=REDIRECT, scopes=scopes, table="[mcp.lab]"
        )
        for scopes in ((), ("read", "write"))
    ),
    ServerUnusableError("mcp:lab", "its metadata is of another issuer", "write issuer into [mcp.lab]"),
    AddingServersOffError(),
    ServerNameError("it is too long"),
    ServerNameTakenError("lab", "the vendor lab"),
    ServerAddressError("must be https"),
    ForeignLoginError("lab"),
    TooManyServersError(50),
    ServerNotThereError(),
    ServerInUseError("lab"),
    ExchangeRefusedError("lab", "invalid_grant"),
    LoginDeniedError("lab", "access denied"),
    SecretMissingError("lab", "LAB_SECRET"),
    PlanMissingError("lab", "no seat"),
    ProgramMissingError("lab", "lab-cli"),
    ProgramFailedError("lab", 1, "no network"),
    ProgramWaitsError("lab", "enter the code"),
    ProgramWaitsError("lab", ""),
    ProgramFailedError("lab", None, ""),
    RiskNotAcceptedError("lab", "tos-risk"),
    NoLoginError("The Lab", ("LAB_KEY",), "It has no login."),
    NoLoginError("The Lab", ("LAB_KEY", "LAB_TOKEN"), ""),
    LoginExpiredError("lab"),
    LoginNotStoredError("lab", StoreUnwritableError("/data/auth_file.json", "ENOSPC")),
    TooManyLoginsError(5),
    TooManyWaitError(20_000),
    NoPendingLoginError("lab"),
    NoPendingLoginError(),
    WhichLoginError(("lab", "second")),
    *(paste_refusal(reason) for reason in PasteMistake if reason is not PasteMistake.DENIED),
    DeniedRedirectError("access_denied", "no", ends_login=True),
    DeniedRedirectError(ends_login=True),
    DeniedRedirectError("access_denied", ends_login=False),
    StoreUnreadableError("/data/auth_file.json", "EACCES"),
    StoreUnwritableError("/data/auth_file.json", "ENOSPC"),
    ServersUnwrittenError(StoreUnwritableError("/data/auth_file.json.servers", "ENOSPC")),
    StoreBusyError("/data/auth_file.json", 10.0),
    InvalidTenantError("a/b", "it holds a slash"),
    InvalidEntryError("lab", "no expiry"),
]
# Their children are what is raised; a config stops the bot before anybody can ask; only agents refresh.
NOT_MET = {
    AccessDeniedError,
    OAuthError,
    StorageError,
    PasteRefusedError,
    ServerNotAddedError,
    ServerNotRemovedError,
    ConfigError,
    RelativePathError,
    UnknownHomeError,
    NotRefreshableError,
    InsufficientScopeError,
    RefreshUnansweredError,
    StillMisconfiguredError,
}


def children(of: type[OpenabAuthError]) -> Iterator[type[OpenabAuthError]]:
    for child in of.__subclasses__():
        yield child
        yield from children(child)


def test_every_error_that_a_person_can_meet_is_looked_at_here() -> None:
    floors = ("openab_auth.cogs.", "openab_auth.oauth.", "openab_auth.storage.")
    ours = {each.__name__ for each in children(OpenabAuthError) if each.__module__.startswith(floors)}
    assert ours == {type(error).__name__ for error in MET} | {each.__name__ for each in NOT_MET}


@pytest.mark.parametrize("language", languages().values(), ids=lambda language: language.tag)
@pytest.mark.parametrize("error", MET, ids=lambda error: f"{type(error).__name__}-{getattr(error, 'reason', '')}")
def test_it_has_whole_sentences_of_its_own(
    language: Language, error: OpenabAuthError, caplog: pytest.LogCaptureFixture
) -> None:
    parts = described(language, error)
    assert all(part.rstrip("*")[-1] in ".。" for part in parts), parts
    assert not {"$", "{", "???"} & set("".join(parts))
    assert ".." not in "".join(parts)
    assert not caplog.records
    if language is not english():
        assert not any(part in {*described(english(), error)} for part in parts)


def test_no_message_is_for_an_error_that_nobody_raises() -> None:
    raised = {f"error-{error.code}" for error in MET}
    raised |= {f"error-{error.code}-{getattr(error, 'reason', '')}" for error in MET}
    assert {name for name in entries("en-US") if name.startswith("error-")} <= raised


def test_an_error_that_no_catalogue_knows_speaks_its_own_english() -> None:
    class NewError(OpenabAuthError):
        code = "new"

    text = failure(languages()["zh-TW"], NewError("it is *new*", kept="all is kept", todo="wait"))
    assert "It is \\*new\\*." in text
    assert "All is kept." in text
    assert "Wait." in text


def test_an_access_token_in_a_paste_is_warned_of_before_all_else() -> None:
    happened, kept, todo = described(english(), paste_refusal(PasteMistake.TOKEN_OR_KEY))
    assert "neither used nor stored" in happened
    assert "You can still finish this login." in kept
    assert todo.index("Revoke it") < todo.index("copy the address")
