"""Any history of several people at several accounts: a step at one account leaves every other byte for byte as it was.

Two processes share the file with a Rust agent. The agent takes the locks with flock, knows the default alone, and
rewrites the whole file. Another one reads the file all the time. The authorization server is real, on loopback.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer
from openab_auth.oauth.accounts import account_word
from openab_auth.oauth.client import Driver
from openab_auth.oauth.config import AuthSettings, Config
from openab_auth.oauth.errors import AccountStoredError, LoginTakenError
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.oauth.vendors.account_labels import base_of
from openab_auth.storage import AsyncStore, FileStore, LoginEntry, UserId
from openab_auth.storage.entries import PENDING_LIFETIME
from tests.oauth.logins.accounts.watcher import Watcher
from tests.support import strict_reader
from tests.support.clock import Clock
from tests.support.locks import foreign_lock
from tests.support.members import members_of
from tests.support.patience import PATIENCE

T = TypeVar("T")
VENDORS = ("lab", "jay")
WORDS = [f"{name}{label}" for name in (*VENDORS, "mcp:notes") for label in ("", "@team", "@me")]
PEOPLE = st.sampled_from([UserId(100), UserId(200)])
ACCOUNTS = st.sampled_from(WORDS)
PROCESSES = st.integers(0, 1)
RECORDS = ("auth.json", "auth.json.notes", "auth.json.facts")


def catalogue(issuer: Issuer) -> Catalogue:
    client = {"client_id": CLIENT_ID, "redirect_uri": REDIRECT_URI}
    urls = {"authorize_url": issuer.authorize_url, "token_url": issuer.token_url, "revoke_url": issuer.revoke_url}
    table = {**client, **urls, "scopes": ["openid", "offline_access"]}
    auth = AuthSettings(vendors=VENDORS, allow_http_loopback=True)
    server = {**client, "url": issuer.mcp.url}
    return Catalogue.from_config(Config(auth=auth, vendors=dict.fromkeys(VENDORS, table), mcp={"notes": server}), {})


def tenant_of(word: str) -> str:
    return word.removeprefix("mcp:")


def pending(word: str, user: UserId) -> str:
    return f"pending:{word}:{user}"


class AccountHistory(RuleBasedStateMachine):
    """Compare the files before and after each step, and each login with the account that its person signed in to."""

    @initialize()
    def begin_history(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "auth.json"
        self.clock = Clock()
        self.runner = asyncio.Runner()
        self.parts = AsyncExitStack()
        self.watcher = Watcher(self.path)
        self.links: dict[tuple[str, UserId], tuple[str, float]] = {}  # and when each began
        self.signed_in: dict[str, str] = {}
        self.run(self.open())
        for word in ("lab", "lab@team", "lab@u100", "jay", "mcp:notes", "mcp:notes@u200"):
            self.run(self.log_in(word, UserId(200 if word.endswith("@u200") else 100)))

    async def open(self) -> None:
        self.issuer = await self.parts.enter_async_context(Issuer.listening(clock=self.clock))
        self.logins, self.sources = [], []
        for _ in range(2):
            store = AsyncStore(FileStore(self.path, clock=self.clock))
            driver = Driver(clock=self.clock, deadline=PATIENCE)
            logins = Logins(catalogue(self.issuer), store, driver, clock=self.clock, max_pending=len(WORDS))
            source = TokenSource(
                store, catalogue=catalogue(self.issuer), driver=driver, clock=self.clock, deadline=PATIENCE
            )
            for part in (store, driver, logins, source):
                self.parts.push_async_callback(part.aclose)
            self.logins.append(logins)
            self.sources.append(source)

    async def log_in(self, word: str, user: UserId) -> None:
        """Make one of the logins with which a history begins: without others, no step can damage any."""
        offer = await self.logins[0].begin(word, user)
        await self.logins[0].complete(await self.issuer.approve(offer.url, f"{user} at {word}"), user, word)
        self.signed_in[tenant_of(word)] = f"{user} at {word}"

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.run(self.parts.aclose())
            self.runner.close()
            self.watcher.stop()
            shutil.rmtree(self.folder)

    def step(self, work: Coroutine[Any, Any, T], *touched: str) -> T:
        """Run a step that may change the entries and records of the keys `touched` alone."""
        before = {name: members_of(self.folder / name) for name in RECORDS}
        try:
            return self.run(work)
        finally:
            for name in RECORDS:
                after = members_of(self.folder / name)
                assert self.others(after, touched) == self.others(before[name], touched), name
            self.check_logins()

    def others(self, members: dict[str, str], touched: tuple[str, ...]) -> dict[str, str]:
        """Return the members of untouched keys; each write also removes pending logins that are too old."""
        old = {pending(*key) for key in self.links.keys() - {*self.waiting()}}
        return {key: text for key, text in members.items() if key not in {*touched, *old}}

    def waiting(self) -> list[tuple[str, UserId]]:
        """Return whose links, at which accounts, can still be used."""
        return [key for key, (_, began) in self.links.items() if self.clock() - began < PENDING_LIFETIME]

    def check_logins(self) -> None:
        """Compare each login with the account at its vendor: the file holds nobody else's tokens under any key."""
        entries = FileStore(self.path).read()
        found = {}
        for tenant, entry in entries.items():
            if isinstance(entry, LoginEntry):
                family = self.issuer.tokens.family_of_refresh(entry.refresh_token.reveal())
                assert family is not None
                assert not family.reuses
                found[tenant] = family.account
        assert found == self.signed_in

    @rule(which=PROCESSES, account=ACCOUNTS, user=PEOPLE, agrees=st.booleans())
    def begin(self, which: int, account: str, user: UserId, *, agrees: bool) -> None:
        word, logins = account_word(account, user), self.logins[which]

        async def begin() -> str | None:
            try:
                return (await logins.begin(word, user)).url
            except LoginTakenError as taken:
                return (await logins.begin(word, user, replaces=taken.generation)).url if agrees else None

        link = self.step(begin(), pending(word, user))
        if link is not None:
            self.links[word, user] = link, self.clock()

    @precondition(lambda self: self.waiting())
    @rule(which=PROCESSES, data=st.data(), of_all=st.booleans(), agrees=st.booleans())
    def complete(self, which: int, data: st.DataObject, *, of_all: bool, agrees: bool) -> None:
        """Sign in to an account of one's own, or to one that everybody uses under every label."""
        (word, user), logins = data.draw(st.sampled_from(self.waiting())), self.logins[which]
        link, _ = self.links[word, user]
        name, tenant = "everybody" if of_all else f"{user} at {word}", tenant_of(word)
        others = self.others_of(tenant, name)

        async def complete() -> None:
            asked: AccountStoredError | None = None
            try:
                await logins.complete(await self.issuer.approve(link, name), user)
            except LoginTakenError:  # somebody else was faster
                return
            except AccountStoredError as error:
                asked = error
            assert {*(asked.others if asked else ())} == others
            if asked and not agrees:
                return
            if asked:
                again = await logins.begin(word, user, replaces=asked.replaces, beside=asked.generation)
                await logins.complete(await self.issuer.approve(again.url, name), user)
            self.signed_in[tenant] = name

        self.step(complete(), pending(word, user), tenant)
        del self.links[word, user]

    def others_of(self, tenant: str, name: str) -> set[str]:
        """Return the other logins of this vendor and account, beside which no login is stored without a question."""
        if self.signed_in.get(tenant) == name:
            return set()
        return {
            other
            for other, account in self.signed_in.items()
            if account == name and base_of(other) == base_of(tenant) and other != tenant
        }

    @precondition(lambda self: self.waiting())
    @rule(which=PROCESSES, data=st.data())
    def cancel(self, which: int, data: st.DataObject) -> None:
        word, user = data.draw(st.sampled_from(self.waiting()))
        self.step(self.logins[which].cancel(user, word), pending(word, user))
        del self.links[word, user]

    @precondition(lambda self: self.signed_in)
    @rule(which=PROCESSES, data=st.data(), revoke=st.booleans())
    def log_out(self, which: int, data: st.DataObject, *, revoke: bool) -> None:
        tenant, logins = data.draw(st.sampled_from(sorted(self.signed_in))), self.logins[which]
        del self.signed_in[tenant]

        async def log_out() -> None:
            assert (await logins.logout(await logins.account(tenant), revoke=revoke)).removed

        self.step(log_out(), tenant)

    @rule(which=PROCESSES, user=PEOPLE, revoke=st.booleans())
    def a_person_leaves(self, which: int, user: UserId, *, revoke: bool) -> None:
        own = {tenant_of(account_word(word, user)) for word in WORDS if word.endswith("@me")}
        begun = [key for key in self.links if key[1] == user]
        for tenant in own:
            self.signed_in.pop(tenant, None)

        self.step(self.logins[which].people.end(user, revoke=revoke), *own, *(pending(*key) for key in begun))

        for key in begun:
            del self.links[key]
        keys = members_of(self.path)
        assert not [key for key in keys if key in own or key.endswith(f":{user}")]

    @precondition(lambda self: self.signed_in)
    @rule(data=st.data(), which=PROCESSES)
    def refresh(self, data: st.DataObject, which: int) -> None:
        tenant = data.draw(st.sampled_from(sorted(self.signed_in)))
        self.step(self.sources[which].force_refresh(tenant), tenant)

    @precondition(lambda self: self.signed_in)
    @rule()
    def everything_expires_and_is_renewed_by_both(self) -> None:
        self.clock.now += 3600

        async def renew() -> None:
            words = sorted(self.signed_in)
            await asyncio.gather(*(source.get_valid(word) for source in self.sources for word in words))

        self.step(renew(), *self.signed_in)

    @precondition(lambda self: self.signed_in.keys() & {*VENDORS})
    @rule(data=st.data())
    def an_agent_renews_a_default_while_we_renew_the_rest(self, data: st.DataObject) -> None:
        """The agents rewrite the whole file without the fields that they do not know."""
        ours = data.draw(st.sampled_from(sorted(self.signed_in)))
        theirs = data.draw(st.sampled_from(sorted(self.signed_in.keys() & {*VENDORS})))

        async def renew() -> None:
            other = self.sources[0].force_refresh(ours) if ours != theirs else asyncio.sleep(0)
            await asyncio.gather(asyncio.to_thread(self.renew_as_an_agent, theirs), other)

        before = strict_reader.read(self.path)
        dropping = self.path.with_name("auth.json.tmp.99999.1")
        shutil.copy(self.path, dropping)
        strict_reader.rewrite(dropping)
        dropping.replace(self.path)
        self.step(renew(), ours, theirs)
        ended = {pending(*key) for key in self.links.keys() - {*self.waiting()}}  # any commit may remove them
        assert strict_reader.read(self.path).keys() - ended == before.keys() - ended

    def renew_as_an_agent(self, tenant: str) -> None:
        with foreign_lock(self.folder / f"auth.json.refresh.{tenant}.lock"):
            old = strict_reader.read(self.path)[tenant][1]
            reply = self.issuer.tokens.refresh(old["refresh_token"], CLIENT_ID)
            with foreign_lock(self.folder / "auth.json.global.lock"):
                entries = {key: entry for key, (_, entry) in strict_reader.read(self.path).items()}
                assert entries[tenant] == old
                entries[tenant] = old | {name: reply[name] for name in ("access_token", "refresh_token")}
                temporary = self.folder / "auth.json.tmp.99999.0"
                temporary.write_text(json.dumps(entries, indent=2))
                temporary.chmod(0o600)
                temporary.replace(self.path)

    @rule(seconds=st.sampled_from([1, 600]))
    def time_passes(self, seconds: int) -> None:
        self.clock.now += seconds


# No shrinking: hundreds of histories over real HTTP would outlast the time of the test, and hide what failed.
PHASES = [Phase.explicit, Phase.reuse, Phase.generate]
AccountHistory.TestCase.settings = settings(max_examples=10, stateful_step_count=30, phases=PHASES)
TestAccountHistory = AccountHistory.TestCase
