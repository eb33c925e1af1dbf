"""Which logins a key covers: its patterns, compared with the resolved key of the login, and the rules of its thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from openab_auth.bot.broker.admission import Client, ClientAccounts
from openab_auth.bot.broker.refusals import NotCoveredError, OtherThreadError, PersonalAccountError
from openab_auth.oauth.errors import AccountNotForThreadError, NoAccountForThreadError, NotAgreedError
from openab_auth.oauth.runtime import Runtime
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import (
    Agreement,
    Entry,
    McpEntry,
    MemoryStore,
    Policies,
    Secret,
    SeenThread,
    ThreadChoices,
    ThreadId,
    ThreadRecord,
    TokenEntry,
    UserId,
    agreement_key,
    choice_key,
    policy_key,
    thread_key,
)

THREAD, OTHER = ThreadId(7), ThreadId(8)
ADA, EVE = UserId(42), UserId(43)
Open = Callable[..., ClientAccounts]


def login(tenant: str) -> TokenEntry:
    return TokenEntry(Secret("a"), Secret("r"), 4_000_000_000, "https://x.example/", tenant)


def server() -> McpEntry:
    return McpEntry("client", {"access_token": "a", "token_type": "Bearer"})


ENTRIES: Mapping[str, Entry] = {
    **{name: login(name) for name in ("codex", "codex@work", "anthropic-oauth", "codex@u42", "codex@u43")},
    **{name: server() for name in ("linear", "mcp:notion", "linear@work")},
}


@pytest.fixture
def open_accounts() -> Open:
    """Open the accounts of a client with a key for these patterns; `records` are those about threads."""

    def open_(
        *tenants: str, thread: ThreadId | None = None, records: Mapping[str, ThreadRecord] | None = None
    ) -> ClientAccounts:
        store = MemoryStore(ENTRIES)
        store.update(lambda draft: draft.threads.update(records or {}))
        runtime = Runtime(store, Catalogue.shipped(), environ={})
        return ClientAccounts(runtime, Client("ci", tenants, thread, "hash"))

    return open_


@pytest.mark.parametrize(
    ("patterns", "word", "login_"),
    [
        (("codex",), "codex", "codex"),
        (("codex",), "codex@shared", "codex"),
        (("claude",), "claude", "anthropic-oauth"),
        (("claude",), "anthropic-oauth", "anthropic-oauth"),
        (("anthropic-oauth",), "claude", "anthropic-oauth"),
        (("codex@work",), "codex@work", "codex@work"),
        (("codex@*",), "codex@work", "codex@work"),
        (("*",), "codex", "codex"),
        (("*",), "mcp:linear", "linear"),
        (("*@work",), "codex@work", "codex@work"),
        (("*@work",), "mcp:linear@work", "linear@work"),
        (("mcp:*",), "mcp:linear", "linear"),
        (("mcp:*",), "mcp:notion", "mcp:notion"),
        (("mcp:linear",), "mcp:linear", "linear"),
        (("nothing", "codex"), "codex", "codex"),
        (("c*x",), "codex", "codex"),
        (("anthropic-*",), "claude", "anthropic-oauth"),
    ],
)
async def test_a_pattern_covers(open_accounts: Open, patterns: tuple[str, ...], word: str, login_: str) -> None:
    assert (await open_accounts(*patterns).find(word, ENTRIES)).account.tenant == login_


@pytest.mark.parametrize(
    ("patterns", "word"),
    [
        (("codex",), "claude"),
        (("codex",), "codex@work"),
        (("*",), "codex@work"),
        (("*",), "mcp:linear@work"),
        (("mcp:*",), "mcp:linear@work"),
        (("mcp:*",), "codex"),
        (("codex@*",), "codex"),
        (("codex@work",), "codex"),
        (("codex@w",), "codex@work"),
        (("cod",), "codex"),
        (("CODEX",), "codex"),
        (("c?dex",), "codex"),
        (("[c]odex",), "codex"),
        (("c.dex",), "codex"),
        (("codex",), "codexx"),
        (("*@work",), "codex@works"),
        (("co*dex*x",), "codex"),
        (("claude",), "unheard-of"),
    ],
)
async def test_a_pattern_does_not_cover(open_accounts: Open, patterns: tuple[str, ...], word: str) -> None:
    with pytest.raises(NotCoveredError):
        await open_accounts(*patterns).find(word, ENTRIES)


@pytest.mark.parametrize("pattern", ["*" * 50 + "x", "*a" * 100 + "x"])
async def test_no_pattern_takes_long(open_accounts: Open, pattern: str) -> None:
    with pytest.raises(NotCoveredError):
        await open_accounts(pattern).find("a" * 250, ENTRIES)


@pytest.mark.parametrize("word", ["codex@u42", "codex@me"])
async def test_a_personal_account_needs_a_key_with_a_thread(open_accounts: Open, word: str) -> None:
    with pytest.raises(PersonalAccountError):
        await open_accounts("*", "*@*", "codex@u42").find(word, ENTRIES)


def thread_of(owner: UserId, thread: ThreadId = THREAD) -> dict[str, ThreadRecord]:
    return {thread_key(thread): SeenThread(1, 2, 3, owner)}


async def test_a_key_of_a_thread_gets_the_personal_account_that_agreed(open_accounts: Open) -> None:
    agreed = {**thread_of(ADA), agreement_key(ADA): Agreement(threads=frozenset({THREAD}))}

    for pattern in ("codex@u42", "codex@*", "codex@me"):
        accounts = open_accounts(pattern, thread=THREAD, records=agreed)
        for word in ("codex@me", "codex@u42"):
            assert (await accounts.find(word, ENTRIES)).account.tenant == "codex@u42"


async def test_a_key_of_a_thread_gets_no_personal_account_without_an_agreement(open_accounts: Open) -> None:
    accounts = open_accounts("*", "*@*", thread=THREAD, records=thread_of(ADA))

    with pytest.raises(NotAgreedError):
        await accounts.find("codex@me", ENTRIES)
    with pytest.raises(AccountNotForThreadError):
        await accounts.find("codex@u43", ENTRIES)


async def test_the_choice_of_the_thread_counts_and_must_be_covered(open_accounts: Open) -> None:
    chosen = {**thread_of(ADA), choice_key(THREAD): ThreadChoices({"codex": "work"})}

    assert (
        await open_accounts("codex@*", thread=THREAD, records=chosen).find("codex", ENTRIES)
    ).account.tenant == "codex@work"
    with pytest.raises(NotCoveredError):
        await open_accounts("codex", thread=THREAD, records=chosen).find("codex", ENTRIES)


async def test_where_accounts_are_personal_a_key_gets_no_shared_one(open_accounts: Open) -> None:
    personal = {**thread_of(ADA), policy_key(1): Policies("personal")}
    accounts = open_accounts("codex", "codex@*", thread=THREAD, records=personal)

    with pytest.raises(AccountNotForThreadError):
        await accounts.find("codex@shared", ENTRIES)


async def test_a_key_learns_nothing_about_logins_that_it_does_not_cover(open_accounts: Open) -> None:
    """Not even whether the thread has an owner or a person has agreed."""
    personal = {policy_key(1): Policies("personal")}

    with pytest.raises(NoAccountForThreadError):
        await open_accounts("codex", thread=THREAD, records=personal).find("codex", ENTRIES)
    with pytest.raises(NotCoveredError):
        await open_accounts("claude", thread=THREAD, records=personal).find("codex", ENTRIES)
    with pytest.raises(NotCoveredError):
        await open_accounts("codex", thread=THREAD, records=thread_of(ADA)).find("codex@me", ENTRIES)


@pytest.mark.parametrize("own", [None, THREAD])
def test_a_key_names_no_thread_but_its_own(own: ThreadId | None) -> None:
    runtime = Runtime(MemoryStore(), Catalogue.shipped(), environ={})
    client = Client("ci", ("*",), own, "hash")

    with pytest.raises(OtherThreadError):
        ClientAccounts(runtime, client, OTHER)
    assert ClientAccounts(runtime, client, own).thread == own


def test_a_user_of_this_host_may_name_any_thread() -> None:
    runtime = Runtime(MemoryStore(), Catalogue.shipped(), environ={})

    assert ClientAccounts(runtime, Client("uid 0"), OTHER).thread == OTHER
