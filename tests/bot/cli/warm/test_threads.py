"""A warm answer in a thread is the answer of the full command, or is left to it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openab_auth.bot.cli.warm import answer
from openab_auth.oauth.config import parse_config
from openab_auth.oauth.errors import OAuthError
from openab_auth.oauth.threads import ThreadRecords, choose, policies_in, thread_in
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import (
    PERSONAL_ACCOUNTS,
    SHARED_ACCOUNTS,
    THREADS,
    Agreement,
    FileStore,
    Policies,
    SeenThread,
    ThreadChoices,
    ThreadId,
    ThreadRecord,
    UserId,
)
from tests.bot.cli.warm.stores import ENTRY, entry

KEYS = ("codex", "codex@work", "codex@u41", "codex@u42")
THREAD = ThreadId(7)
POLICY = st.sampled_from([SHARED_ACCOUNTS, SHARED_ACCOUNTS, PERSONAL_ACCOUNTS])
POLICIES = st.builds(Policies, POLICY, st.dictionaries(st.just(700), POLICY), st.dictionaries(st.just(70), POLICY))
AGREEMENTS = st.builds(Agreement, st.frozensets(st.sampled_from([THREAD, ThreadId(8)])), st.booleans())
RECORDS = st.fixed_dictionaries(
    {},
    optional={
        "policy:1": POLICIES,
        "thread:7": st.builds(SeenThread, st.just(1), st.just(700), st.just(70), st.just(UserId(41))),
        "choice:7": st.sampled_from(["", "work", "u41"]).map(lambda label: ThreadChoices({"codex": label})),
        "agreement:41": AGREEMENTS,
    },
)
CONFIGS = [
    "",
    '[auth]\naccounts = "shared"\n',
    '[auth]\naccounts = "personal"\n',
    '[auth.channels."70"]\naccounts = "personal"\n',
]
WORDS = st.sampled_from(["codex", "codex@work", "codex@shared", "codex@u41", "codex@u42", "codex-device", "codex@me"])


def warm(path: Path, word: str, *options: str) -> dict[str, object] | None:
    try:
        found: dict[str, object] = json.loads(
            answer.token(answer.Request(["token", word, "--json", "--store", str(path), *options]))
        )
    except answer.UnusualError:
        return None
    return found


def write(path: Path, records: dict[str, ThreadRecord]) -> None:
    login = json.loads(entry())["codex"]
    path.write_text(json.dumps({key: {**ENTRY, **login, "provider": key, "access_token": key} for key in KEYS}))
    path.with_name("auth.json.threads").write_text(
        json.dumps({key: THREADS.to_json(record) for key, record in records.items()})
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(word=WORDS, records=RECORDS, config=st.sampled_from(CONFIGS))
def test_it_gives_the_account_that_the_rules_choose(
    word: str, records: dict[str, ThreadRecord], config: str, path: Path
) -> None:
    write(path, records)
    file = path.with_name("config.toml")
    file.write_text(config)

    found = warm(path, word, "--thread", "7", "--config", str(file))

    catalogue = Catalogue.from_config(parse_config(file, {}), {})
    store = FileStore(path)
    try:
        chosen = choose(
            word,
            THREAD,
            ThreadRecords(store.threads()),
            config=policies_in(catalogue.auth),
            catalogue=catalogue,
            entries=store.read(),
        )
    except OAuthError:
        assert found is None
        return
    if found is not None:
        key = chosen.account.tenant
        assert (found["access_token"], found["login"], found["because"]) == (key, key, chosen.because)


@pytest.mark.parametrize("word", ["codex", "codex@work", "codex@shared"])
def test_it_answers_while_every_policy_is_shared(word: str, path: Path) -> None:
    write(path, {"policy:1": Policies(), "thread:7": SeenThread(1, 700, 70), "agreement:41": Agreement()})
    assert warm(path, word, "--thread", "7") is not None

    write(path, {"choice:7": ThreadChoices({"codex": "work"})})
    assert (warm(path, word, "--thread=7") or {})["login"] == ("codex" if word.endswith("shared") else "codex@work")


@pytest.mark.parametrize("config", CONFIGS)
def test_it_answers_with_the_owners_own_account_after_the_agreement(config: str, path: Path) -> None:
    file = path.with_name("config.toml")
    file.write_text(config)
    options = ("--thread", "7", "--config", str(file))
    stored: dict[str, ThreadRecord] = {
        "policy:1": Policies(channels={70: PERSONAL_ACCOUNTS}),
        "thread:7": SeenThread(1, 700, 70, UserId(41)),
    }
    write(path, stored)
    assert warm(path, "codex", *options) is None
    for agreement in (Agreement(frozenset({THREAD})), Agreement(all_own=True)):
        write(path, {**stored, "agreement:41": agreement})
        found = warm(path, "codex", *options) or {}
        assert (found["login"], found["because"]) == ("codex@u41", "personal")
        assert warm(path, "codex@work", *options) is None


@pytest.mark.parametrize(
    "text",
    [
        *("{torn", "[]", '{"policy:1": {}}', '{"policy:1": {"accounts": "all"}}', '{"new:1": {}}'),
        *('{"policy:1": {"accounts": "shared", "guilds": [], "channels": {}}}', '{"thread:7": {}}'),
        '{"thread:7": {"accounts": "personal", "guilds": {}, "channels": {}}}',
    ],
)
def test_records_that_it_does_not_understand_are_left_to_the_full_command(text: str, path: Path) -> None:
    write(path, {})
    path.with_name("auth.json.threads").write_text(text)

    assert warm(path, "codex", "--thread", "7") is None
    assert warm(path, "codex") is not None


VARIABLES = ("OPENAB_AUTH_THREAD", "OPENAB_THREAD_ID", "OPENAB_CHANNEL_ID")
VALUES = st.sampled_from(["", "7", "8", "x", "1.2", "discord:7", "discord:x", "slack:7"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(environ=st.dictionaries(st.sampled_from(VARIABLES), VALUES), named=st.none() | VALUES.filter(bool))
def test_it_finds_the_thread_where_the_full_command_does(
    environ: dict[str, str], named: str | None, path: Path
) -> None:
    write(path, {"choice:7": ThreadChoices({"codex": "work"})})
    try:
        expected = "codex@work" if thread_in(environ, named) == THREAD else "codex"
    except OAuthError:
        expected = None

    with pytest.MonkeyPatch.context() as patch:
        for name in VARIABLES:
            patch.delenv(name, raising=False)
        for name, value in environ.items():
            patch.setenv(name, value)
        found = warm(path, "codex", *([] if named is None else ["--thread", named]))

    assert (found and found["login"]) == expected


def test_a_mistake_in_a_channels_table_is_left_to_the_full_command(path: Path) -> None:
    write(path, {})
    file = path.with_name("config.toml")
    mistakes = ("policy = 'shared'", "accounts = 'all'", "accounts = 7", "vendors = 'codex'", "allowed_roles = 7")
    for mistake in mistakes:
        file.write_text(f'[auth.channels."70"]\n{mistake}\n')
        assert warm(path, "codex", "--config", str(file)) is None
    file.write_text('[auth.channels.general]\naccounts = "shared"\n')
    assert warm(path, "codex", "--config", str(file)) is None
    file.write_text('[auth.channels."70"]\naccounts = "shared"\nvendors = ["codex"]\nallowed_roles = ["7"]\n')
    assert warm(path, "codex", "--config", str(file)) is not None
