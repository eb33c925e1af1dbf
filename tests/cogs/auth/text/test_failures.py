"""Each error that a person can meet has its sentences in each language."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

import openab_auth.cogs.auth.commands  # noqa: F401 - so that every error class is there
from openab_auth.cogs.auth.guard.errors import AccessDeniedError
from openab_auth.cogs.auth.text.failures import described, failure
from openab_auth.cogs.auth.text.language import Language, english, languages
from openab_auth.oauth.audit.reading import AuditUnreadableError
from openab_auth.oauth.errors import (
    BrokerRefusedError,
    BrokerSettingError,
    BrokerUnavailableError,
    ConfigError,
    InsufficientScopeError,
    LoginConflictError,
    LoginNotStoredError,
    NotAtBrokerError,
    NotRefreshableError,
    NotRequestableError,
    OAuthError,
    PasswordOnCommandLineError,
    PasteRefusedError,
    ProgramKeepsLoginError,
    RefreshUnansweredError,
    RelativePathError,
    ServerNotAddedError,
    ServerNotRemovedError,
    StillMisconfiguredError,
    ThreadIdError,
    TooManyRequestsError,
    UnknownHomeError,
)
from openab_auth.oauth.paste import PasteMistake
from openab_auth.oauth.paste.mistakes import paste_refusal
from openab_auth.storage.backups.errors import BackupError, RefreshesRunError, RestoreUnfinishedError
from openab_auth.storage.copying import CopyBusyError
from openab_auth.storage.errors import (
    DamagedRowError,
    OpenabAuthError,
    StorageError,
    StoreSettingsError,
    StoreUnreadableError,
    StoreUnwritableError,
)
from openab_auth.storage.file_faults import NUMBERS, FaultError
from openab_auth.storage.mirror_mark import MirrorOnlyError
from openab_auth.storage.postgres.wire.faults import FAULTS
from tests.cogs.auth.text.catalogues import entries
from tests.cogs.auth.text.failures import MET

# Their children are what is raised; a config stops the bot before anybody can ask; only agents refresh.
NOT_MET: set[type[OpenabAuthError]] = {
    DamagedRowError,  # such a row counts as missing
    PasswordOnCommandLineError,
    AccessDeniedError,
    OAuthError,
    StorageError,
    PasteRefusedError,
    ServerNotAddedError,
    ServerNotRemovedError,
    LoginConflictError,
    ConfigError,
    RelativePathError,
    UnknownHomeError,
    NotRequestableError,  # only agents ask
    TooManyRequestsError,
    AuditUnreadableError,  # only the command line reads the audit log
    BrokerRefusedError,  # only agents ask a broker
    BrokerSettingError,
    BrokerUnavailableError,
    MirrorOnlyError,  # only agents read a mirror
    CopyBusyError,  # only the command line copies a store, backs it up and restores it
    BackupError,
    *BackupError.__subclasses__(),
    RefreshesRunError,
    RestoreUnfinishedError,
    NotAtBrokerError,
    NotRefreshableError,
    ProgramKeepsLoginError,
    ThreadIdError,
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
    settings: list[type[OpenabAuthError]] = [
        StoreSettingsError,
        *children(StoreSettingsError),
    ]
    assert ours == {type(error).__name__ for error in MET} | {each.__name__ for each in (*NOT_MET, *settings)}


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


PLACE = "/home/canary/.openab belongs to uid 4711"


@pytest.mark.parametrize("language", languages().values(), ids=lambda language: language.tag)
@pytest.mark.parametrize("error", [error for error in MET if hasattr(error, "path")], ids=lambda error: error.code)
def test_no_sentence_holds_what_only_the_machine_knows(language: Language, error: OpenabAuthError) -> None:
    told = type(error).__new__(type(error))
    vars(told).update({field: PLACE if isinstance(value, str) else value for field, value in vars(error).items()})
    stored = LoginNotStoredError("lab", told)

    text = failure(language, told) + failure(language, stored)

    assert "canary" not in text
    assert "4711" not in text


def test_no_message_is_for_an_error_that_nobody_raises() -> None:
    raised = {f"error-{error.code}" for error in MET}
    raised |= {f"error-{error.code}-{getattr(error, 'reason', '')}" for error in MET}
    assert {name for name in entries("en-US") if name.startswith("error-")} <= raised


@pytest.mark.parametrize("language", languages().values(), ids=lambda language: language.tag)
def test_each_fault_of_a_disk_has_its_own_sentences_without_a_path(language: Language) -> None:
    told = {}
    for number in NUMBERS:
        error = StoreUnwritableError("/data/auth_file.json", OSError(number, "xyz"))
        happened, _, repair = described(language, error)
        assert not {"xyz", "data"} & set(re.split(r"\W", happened + repair)), error.fault
        told[error.fault] = (happened, repair)
    assert all(len(set(column)) == len(told) for column in zip(*told.values(), strict=True))


@pytest.mark.parametrize("language", languages().values(), ids=lambda language: language.tag)
def test_each_fault_of_a_database_has_its_own_sentences_without_its_words(language: Language) -> None:
    told = {}
    for fault in FAULTS:
        error = StoreUnreadableError("postgresql://db.example/x", FaultError(None, "xyz", fault))
        happened, _, repair = described(language, error)
        assert not {"xyz", "example"} & set(re.split(r"\W", happened + repair)), error.fault
        told[error.fault] = happened
    assert len({*told.values()}) == len(FAULTS)


def test_an_error_that_no_language_file_knows_speaks_its_own_english() -> None:
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
    assert todo.index("Revoke it") < todo.index("paste the address")
