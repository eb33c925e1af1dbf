"""An agent in a home without a config renews the login of an operator's vendor, from what was recorded with it."""

from __future__ import annotations

import asyncio
import json
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer
from openab_auth.oauth.config import obscure
from openab_auth.storage import FileStore, Secret, TokenEntry
from tests.bot.cli.started_commands import OPENAB_AUTH, finish, log_in

CANARY = "canary-77aa"
LAB_KEY = {"LAB_KEY": f"{CANARY}-key"}
TABLE = """
    token_body = "json"
    refresh_params = { audience = "agents" }
    headers = { "X-Lab" = "${LAB_KEY}", "X-Client" = "lab" }
"""


@dataclass
class Homes:
    """The operator's home with the config, and an agent's home without one; both use the operator's store."""

    operator: Path
    agent: Path

    @property
    def store(self) -> FileStore:
        return FileStore(self.operator / ".openab/agent/auth.json")

    @property
    def facts(self) -> Path:
        return self.operator / ".openab/agent/auth.json.facts"

    async def run(self, home: Path, *words: str, **env: str) -> tuple[int | None, str, str]:
        started = await asyncio.create_subprocess_exec(
            OPENAB_AUTH, *words, cwd=home, env={"PATH": "/usr/bin:/bin", "HOME": str(home), **env},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        return await finish(started)

    async def ask(self, *words: str, **env: str) -> tuple[int | None, str, str]:
        """Run a command as the agent does."""
        return await self.run(self.agent, *words, "--store", str(self.store.path), **env)

    def expire(self, **changes: Any) -> None:
        def change(draft: Any) -> None:
            draft["lab"] = replace(draft["lab"], expires_at=1, **changes)

        self.store.update(change)

    def entry(self) -> TokenEntry:
        entry = self.store.read()["lab"]
        assert isinstance(entry, TokenEntry)
        return entry


def write_config(home: Path, issuer: Issuer, more: str = "", **changed: str) -> None:
    keys = {
        "authorize_url": issuer.authorize_url,
        "token_url": issuer.token_url,
        "revoke_url": issuer.revoke_url,
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT_URI,
        **changed,
    }
    folder = home / ".config/openab-auth"
    folder.mkdir(parents=True, exist_ok=True)
    text = "\n".join(f'{key} = "{value}"' for key, value in keys.items())
    (folder / "config.toml").write_text(f'[vendors.lab]\n{text}\nscopes = ["openid", "offline_access"]\n{more}\n')


@pytest.fixture
def homes(tmp_path: Path, issuer: Issuer) -> Homes:
    homes = Homes(tmp_path / "operator", tmp_path / "agent")
    homes.agent.mkdir()
    write_config(homes.operator, issuer)
    return homes


async def log_in_with(homes: Homes, issuer: Issuer, more: str, **env: str) -> None:
    write_config(homes.operator, issuer, more)
    begun = await homes.run(homes.operator, "login", "lab", "--json", **env)
    redirect = await issuer.approve(json.loads(begun[1])["url"])
    status, _, said = await homes.run(homes.operator, "complete", "lab", redirect, **env)
    assert status == 0, said


async def test_an_agent_without_the_config_renews_it_again_and_again(homes: Homes, issuer: Issuer) -> None:
    await log_in(issuer, homes.operator)

    for _ in range(3):
        homes.expire()
        before = homes.entry()
        status, token, said = await homes.ask("token", "lab")

        assert (status, said) == (0, "")
        assert token.strip() == homes.entry().access_token.reveal()
        assert homes.entry().refresh_token != before.refresh_token
        assert issuer.requests("/token")[-1].fields["client_id"] == CLIENT_ID


async def test_agents_that_expire_together_send_one_request(homes: Homes, issuer: Issuer) -> None:
    await log_in(issuer, homes.operator)
    homes.expire()
    before = len(issuer.requests("/token"))

    told = await asyncio.gather(*(homes.ask("token", "lab") for _ in range(4)))

    assert {status for status, _, _ in told} == {0}
    assert len({token for _, token, _ in told}) == 1
    assert len(issuer.requests("/token")) == before + 1


async def test_the_request_is_the_one_that_the_operators_table_describes(homes: Homes, issuer: Issuer) -> None:
    await log_in_with(homes, issuer, f'{TABLE}\nclient_secret_env = "LAB_SECRET"', **LAB_KEY, LAB_SECRET=f"{CANARY}-cs")
    homes.expire()

    status, _, said = await homes.ask("token", "lab", **LAB_KEY, LAB_SECRET=f"{CANARY}-cs")

    assert (status, said) == (0, "")
    sent = issuer.requests("/token")[-1]
    assert sent.content_type == "application/json"
    assert sent.fields["audience"] == "agents"
    assert sent.fields["client_secret"] == f"{CANARY}-cs"
    assert (sent.headers["X-Lab"], sent.headers["X-Client"]) == (LAB_KEY["LAB_KEY"], "lab")
    assert CANARY not in homes.facts.read_text()
    assert homes.facts.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("missing", ["LAB_KEY", "LAB_SECRET"])
async def test_a_missing_variable_is_named_and_nothing_is_sent(homes: Homes, issuer: Issuer, missing: str) -> None:
    env = {**LAB_KEY, "LAB_SECRET": f"{CANARY}-cs"}
    await log_in_with(homes, issuer, f'{TABLE}\nclient_secret_env = "LAB_SECRET"', **env)
    homes.expire()
    before, asked = homes.entry(), len(issuer.requests("/token"))

    for blank in ({}, {missing: " \n"}):
        given = {key: value for key, value in env.items() if key != missing} | blank
        status, _, said = await homes.ask("token", "lab", **given)

        assert status == 2
        assert f"{missing} is not set in this process" in said
        assert f"set {missing}" in said
    assert len(issuer.requests("/token")) == asked
    assert homes.entry() == before
    assert homes.store.notes()["lab"].attempt is None


@pytest.mark.parametrize(
    ("more", "env", "named"),
    [
        ('headers = { "X-Api-Key" = "canary-77aa-literal" }', {}, "headers.X-Api-Key"),
        ('refresh_params = { assertion_secret = "canary-77aa-literal" }', {}, "refresh_params.assertion_secret"),
    ],
)
async def test_a_secret_that_stands_in_the_config_itself_is_not_recorded(
    homes: Homes, issuer: Issuer, more: str, env: dict[str, str], named: str
) -> None:
    await log_in_with(homes, issuer, more, **env)
    homes.expire()
    asked = len(issuer.requests("/token"))

    status, _, said = await homes.ask("token", "lab")

    assert status == 2
    assert f"{named} is only in the operator's config" in said
    assert CANARY not in homes.facts.read_text()
    assert len(issuer.requests("/token")) == asked


async def test_an_obscured_secret_stays_in_the_config(homes: Homes, issuer: Issuer) -> None:
    obscured = obscure(CANARY)
    await log_in_with(homes, issuer, f'client_secret_obscured = "{obscured}"')
    homes.expire()

    status, _, said = await homes.ask("token", "lab")

    assert status == 2
    assert "client_secret_obscured is only in the operator's config" in said
    assert obscured not in homes.facts.read_text()


async def test_another_programs_login_is_not_renewed_from_old_facts(homes: Homes, issuer: Issuer) -> None:
    await log_in(issuer, homes.operator)
    homes.expire(refresh_token=Secret("of-somebody-else"))
    asked = len(issuer.requests("/token"))

    status, _, said = await homes.ask("token", "lab")

    assert status == 2
    assert "no vendor of this tenant is configured" in said
    assert len(issuer.requests("/token")) == asked


async def test_the_agents_own_config_wins(homes: Homes, issuer: Issuer) -> None:
    await log_in(issuer, homes.operator)
    write_config(homes.agent, issuer, 'refresh_params = { asked_by = "agent" }')
    homes.expire()

    assert (await homes.ask("token", "lab"))[0] == 0
    assert issuer.requests("/token")[-1].fields["asked_by"] == "agent"


async def test_a_renewal_records_what_has_changed_in_the_config(homes: Homes, issuer: Issuer) -> None:
    await log_in(issuer, homes.operator)
    write_config(homes.operator, issuer, 'refresh_params = { audience = "new" }')
    assert (await homes.run(homes.operator, "refresh", "lab"))[0] == 0
    homes.expire()

    assert (await homes.ask("token", "lab"))[0] == 0
    assert issuer.requests("/token")[-1].fields["audience"] == "new"


async def test_an_override_of_a_shipped_vendor_is_recorded(homes: Homes, issuer: Issuer) -> None:
    """The agent has the shipped row of `codex`, whose client would lose the login."""
    write_config(homes.operator, issuer)
    config = homes.operator / ".config/openab-auth/config.toml"
    config.write_text(config.read_text().replace("[vendors.lab]", "[vendors.codex]"))
    begun = await homes.run(homes.operator, "login", "codex", "--json")
    redirect = await issuer.approve(json.loads(begun[1])["url"])
    assert (await homes.run(homes.operator, "complete", "codex", redirect))[0] == 0

    assert (await homes.ask("refresh", "codex"))[0] == 0
    assert issuer.requests("/token")[-1].fields["client_id"] == CLIENT_ID


async def test_a_warm_token_reads_no_facts(homes: Homes, issuer: Issuer) -> None:
    await log_in(issuer, homes.operator)
    homes.facts.unlink()
    homes.facts.mkdir()

    assert (await homes.ask("token", "lab"))[:2] == (0, f"{homes.entry().access_token.reveal()}\n")
    homes.expire()
    assert (await homes.ask("token", "lab"))[0] == 6


async def test_a_logout_removes_them(homes: Homes, issuer: Issuer) -> None:
    await log_in(issuer, homes.operator)

    assert (await homes.run(homes.operator, "logout", "lab"))[0] == 0
    assert json.loads(homes.facts.read_text()) == {}
