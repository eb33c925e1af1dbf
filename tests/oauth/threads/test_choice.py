"""Which account serves an agent in a thread: the rules of docs/command-line.md, one by one and for all records."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openab_auth.oauth.errors import (
    AccountNotForThreadError,
    NoAccountForThreadError,
    NobodyMeantError,
    NotAgreedError,
    OAuthError,
)
from openab_auth.oauth.threads import ChosenAccount, ThreadRecords, choose
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import (
    PERSONAL_ACCOUNTS,
    SHARED_ACCOUNTS,
    AccountPolicy,
    Agreement,
    Entry,
    McpEntry,
    Policies,
    SeenThread,
    ThreadChoices,
    ThreadId,
    ThreadRecord,
    UserId,
    agreement_key,
    choice_key,
    policy_key,
    thread_key,
)

ADA, BOB = UserId(41), UserId(42)
THREAD, CHANNEL, GUILD, BOT = ThreadId(7), 70, 700, 1
CATALOGUE = Catalogue.shipped({})
SHARED, PERSONAL = Policies(), Policies(PERSONAL_ACCOUNTS)
SERVER: Entry = McpEntry(client_id="c", token_response={"access_token": "a"})


def found(
    word: str,
    records: dict[str, ThreadRecord],
    *,
    config: Policies = SHARED,
    entries: dict[str, Entry] | None = None,
) -> tuple[str, str]:
    chosen = choose(word, THREAD, ThreadRecords(records), config=config, catalogue=CATALOGUE, entries=entries or {})
    return chosen.account.tenant, chosen.because


def seen(owner: UserId | None, policies: Policies = SHARED) -> dict[str, ThreadRecord]:
    return {policy_key(BOT): policies, thread_key(THREAD): SeenThread(BOT, GUILD, CHANNEL, owner)}


def agreed(person: UserId, *, all_own: bool = False) -> dict[str, ThreadRecord]:
    return {agreement_key(person): Agreement(frozenset() if all_own else frozenset({THREAD}), all_own)}


def chosen(label: str, vendor: str = "codex") -> dict[str, ThreadRecord]:
    return {choice_key(THREAD): ThreadChoices({vendor: label})}


@pytest.mark.parametrize("word", ["claude", "anthropic-oauth"])
def test_nobody_chose_and_nothing_is_personal_so_the_default_serves(word: str) -> None:
    assert found(word, {}) == ("anthropic-oauth", "shared")
    assert found(word, seen(ADA)) == ("anthropic-oauth", "shared")


def test_the_choice_comes_before_the_policy_and_a_name_before_the_choice() -> None:
    records = seen(ADA) | chosen("work")

    assert found("codex", records) == ("codex@work", "thread")
    assert found("codex-device", records) == ("codex@work", "thread")  # of the same tenant
    assert found("codex@team", records) == ("codex@team", "named")
    assert found("codex@shared", records) == ("codex", "named")
    assert found("claude", records) == ("anthropic-oauth", "shared")
    assert found("codex", seen(ADA) | chosen("")) == ("codex", "thread")


def test_under_personal_the_owners_own_account_serves_after_its_person_agreed() -> None:
    records = seen(ADA, PERSONAL)

    with pytest.raises(NotAgreedError, match="has not agreed"):
        found("codex", records)
    assert found("codex", records | agreed(ADA)) == ("codex@u41", "personal")
    assert found("codex", records | agreed(ADA, all_own=True)) == ("codex@u41", "personal")
    assert found("codex@me", records | agreed(ADA)) == ("codex@u41", "named")


def test_under_personal_a_shared_account_serves_nobody() -> None:
    records = seen(ADA, PERSONAL) | agreed(ADA)

    for word in ("codex@work", "codex@shared"):
        with pytest.raises(AccountNotForThreadError, match="only personal accounts"):
            found(word, records)
    for label in ("work", ""):
        with pytest.raises(AccountNotForThreadError):
            found("codex", records | chosen(label))


def test_under_personal_a_thread_without_owner_gets_nothing() -> None:
    with pytest.raises(NoAccountForThreadError, match="has no owner"):
        found("codex", seen(None, PERSONAL))
    with pytest.raises(NoAccountForThreadError, match="is not known to the bot"):
        found("codex", {policy_key(BOT): PERSONAL})
    with pytest.raises(NobodyMeantError):
        found("codex@me", seen(None, PERSONAL))


@pytest.mark.parametrize("policies", [SHARED, PERSONAL])
def test_another_persons_account_is_refused_until_that_person_agrees_to_this_thread(policies: Policies) -> None:
    records = seen(ADA, policies)

    with pytest.raises(AccountNotForThreadError, match="belongs to another person"):
        found("codex@u42", records)
    with pytest.raises(AccountNotForThreadError):
        found("codex@u42", records | agreed(BOB, all_own=True))  # Ada started the thread
    assert found("codex@u42", records | agreed(BOB)) == ("codex@u42", "named")
    assert found("codex", records | agreed(BOB) | chosen("u42")) == ("codex@u42", "thread")


def test_an_account_of_a_vendor_that_this_process_does_not_know_has_its_person_too() -> None:
    with pytest.raises(AccountNotForThreadError, match="belongs to another person"):
        found("lab@u42", seen(ADA))


@pytest.mark.parametrize(
    "policies",
    [PERSONAL, Policies(guilds={9: PERSONAL_ACCOUNTS}), Policies(channels={9: PERSONAL_ACCOUNTS})],
)
def test_a_thread_that_no_bot_has_seen_gets_shared_accounts_only_if_no_policy_is_personal(policies: Policies) -> None:
    """Nobody knows its channel."""
    stored: dict[str, ThreadRecord] = {policy_key(BOT): SHARED, policy_key(2): policies}

    for records, config in ((stored, SHARED), ({}, policies)):
        with pytest.raises(NoAccountForThreadError):
            found("codex", records, config=config)
        with pytest.raises(AccountNotForThreadError):
            found("codex@work", records, config=config)
    assert found("codex", {policy_key(BOT): SHARED}) == ("codex", "shared")


@pytest.mark.parametrize(
    ("policies", "because"),
    [
        (Policies(channels={CHANNEL: PERSONAL_ACCOUNTS}), "personal"),
        (Policies(guilds={GUILD: PERSONAL_ACCOUNTS}), "personal"),
        (Policies(guilds={GUILD: PERSONAL_ACCOUNTS}, channels={CHANNEL: SHARED_ACCOUNTS}), "shared"),
        (Policies(PERSONAL_ACCOUNTS, guilds={GUILD: SHARED_ACCOUNTS}), "shared"),
        (Policies(channels={71: PERSONAL_ACCOUNTS}, guilds={701: PERSONAL_ACCOUNTS}), "shared"),
    ],
)
def test_a_thread_has_the_policy_of_its_parent_channel(policies: Policies, because: str) -> None:
    assert found("codex", seen(ADA, policies) | agreed(ADA))[1] == because


@pytest.mark.parametrize("config", [PERSONAL, Policies(channels={CHANNEL: PERSONAL_ACCOUNTS})])
def test_the_config_of_this_process_applies_as_well(config: Policies) -> None:
    records = seen(ADA) | agreed(ADA)

    assert found("codex", records, config=config) == ("codex@u41", "personal")
    assert found("codex", seen(ADA, PERSONAL) | agreed(ADA), config=SHARED) == ("codex@u41", "personal")


def test_the_policies_of_another_bot_do_not_count_for_a_thread_that_was_seen() -> None:
    assert found("codex", {**seen(ADA), policy_key(2): PERSONAL}) == ("codex", "shared")


def test_a_channel_of_its_own_has_its_own_policy() -> None:
    policies = Policies(channels={THREAD: PERSONAL_ACCOUNTS})
    records: dict[str, ThreadRecord] = {policy_key(BOT): policies, thread_key(THREAD): SeenThread(BOT, GUILD)}

    with pytest.raises(NoAccountForThreadError):
        found("codex", records)


def test_a_choice_whose_login_is_gone_is_not_replaced() -> None:
    """`choose` looks at no login: the caller finds none, and asks for that account."""
    assert found("codex", seen(ADA) | chosen("work"), entries={}) == ("codex@work", "thread")


def test_a_server_has_accounts_too_whatever_its_login_is_called() -> None:
    records = seen(ADA) | chosen("work", "mcp:linear")

    for entries in ({"linear": SERVER}, {"mcp:linear": SERVER}, {"linear": SERVER, "linear@work": SERVER}):
        assert found("mcp:linear", records, entries=entries) == ("linear@work", "thread")
    assert found("linear@team", records, entries={"linear@team": SERVER}) == ("linear@team", "named")


PEOPLE = st.sampled_from([None, ADA, BOB])
POLICY: st.SearchStrategy[AccountPolicy] = st.sampled_from([SHARED_ACCOUNTS, PERSONAL_ACCOUNTS])
POLICIES = st.builds(
    Policies, POLICY, st.dictionaries(st.just(GUILD), POLICY), st.dictionaries(st.just(CHANNEL), POLICY)
)
AGREEMENTS = st.builds(Agreement, st.frozensets(st.sampled_from([THREAD, ThreadId(8)])), st.booleans())
LABELS = st.sampled_from(["", "work", "u41", "u42"])
HISTORIES = st.fixed_dictionaries(
    {},
    optional={
        policy_key(BOT): POLICIES,
        policy_key(2): POLICIES,
        thread_key(THREAD): st.builds(SeenThread, st.just(BOT), st.just(GUILD), st.just(CHANNEL), PEOPLE),
        choice_key(THREAD): LABELS.map(lambda label: ThreadChoices({"codex": label})),
        agreement_key(ADA): AGREEMENTS,
        agreement_key(BOB): AGREEMENTS,
    },
)
WORDS = st.sampled_from(["codex", "codex-device", "codex@shared", "codex@work", "codex@me", "codex@u41", "codex@u42"])


@given(word=WORDS, records=HISTORIES, config=POLICIES)
def test_no_thread_ever_gets_an_account_that_it_may_not_use(
    word: str, records: dict[str, ThreadRecord], config: Policies
) -> None:
    known = ThreadRecords(records)
    try:
        got: ChosenAccount = choose(word, THREAD, known, config=config, catalogue=CATALOGUE, entries={})
    except OAuthError:
        return

    label, labels = got.account.label, known.labels(THREAD)
    policy = known.policy_of(THREAD, config)
    if got.account.person is None:
        assert policy == SHARED_ACCOUNTS
    else:
        agreement = known.agreement(got.account.person)
        assert THREAD in agreement.threads or (agreement.all_own and known.owner(THREAD) == got.account.person)
    assert (got.because == "named") == ("@" in word)
    assert got.account.tenant == (f"codex@{label}" if label else "codex")
    if got.because == "thread":
        assert label == labels["codex"]
    else:
        assert got.because == "named" or "codex" not in labels  # a choice is never replaced
    if got.because == "personal":
        assert (policy, got.account.person) == (PERSONAL_ACCOUNTS, known.owner(THREAD))
    if got.because == "shared":
        assert (policy, label) == (SHARED_ACCOUNTS, "")
