"""A vendor account is stored under a second label only with `--beside`, which names the login that it is stored as."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer
from openab_auth.storage import FileStore
from tests.bot.cli.started_commands import begin, finish, log_in


@pytest.fixture
async def issuer(home: Path) -> AsyncIterator[Issuer]:
    """A vendor with a redirect and a vendor with a code, where somebody has logged in to both defaults."""
    async with Issuer.listening() as issuer:
        (home / ".config/openab-auth/config.toml").write_text(f"""
            [auth]
            vendors = ["lab", "codes"]
            [vendors.lab]
            authorize_url = "{issuer.authorize_url}"
            token_url = "{issuer.token_url}"
            client_id = "{CLIENT_ID}"
            redirect_uri = "{REDIRECT_URI}"
            scopes = ["openid", "email", "offline_access"]
            [vendors.codes]
            flow = "device"
            device_url = "{issuer.device_url}"
            token_url = "{issuer.token_url}"
            client_id = "{CLIENT_ID}"
            scopes = ["openid"]
        """)
        await log_in(issuer, home)
        yield issuer


def tenants(home: Path) -> set[str]:
    return set(FileStore(home / ".openab/agent/auth.json").read())


async def sign_in(issuer: Issuer, home: Path, *words: str) -> tuple[int | None, str, str]:
    """Take both steps, and return the end of the second."""
    status, out, err = await finish(await begin(home, "login", *words, "--json"))
    assert status == 0, err
    redirect = await issuer.approve(json.loads(out)["url"])
    return await finish(await begin(home, "complete", words[0], "--json", redirect))


async def test_it_is_refused_with_status_7_and_the_way_to_agree(home: Path, issuer: Issuer) -> None:
    status, out, err = await sign_in(issuer, home, "lab@team")

    error = json.loads(err)["error"]
    assert (status, out, error["code"]) == (7, "", "account_stored")
    assert "is already stored as lab" in error["message"]
    assert "`openab-auth login lab@team --beside lab`" in error["hint"]
    assert tenants(home) == {"lab"}
    assert not issuer.requests("/revoke")

    status, out, err = await sign_in(issuer, home, "lab@team", "--beside", "lab")

    assert (status, err) == (0, "")
    assert json.loads(out)["tenant"] == "lab@team"
    assert tenants(home) == {"lab", "lab@team"}


async def test_every_login_of_the_account_is_named(home: Path, issuer: Issuer) -> None:
    await sign_in(issuer, home, "lab@team", "--beside", "lab")

    assert (await sign_in(issuer, home, "lab@u100", "--beside", "lab"))[0] == 7
    assert (await sign_in(issuer, home, "lab@u100", "--beside", "lab@team", "--beside", "lab@shared"))[0] == 0

    assert tenants(home) == {"lab", "lab@team", "lab@u100"}


async def test_a_yes_for_a_login_that_was_replaced_since_is_none(home: Path, issuer: Issuer) -> None:
    _, out, _ = await finish(await begin(home, "login", "lab@team", "--beside", "lab", "--json"))
    redirect = await issuer.approve(json.loads(out)["url"])
    await log_in(issuer, home)

    assert (await finish(await begin(home, "complete", "lab@team", redirect)))[0] == 7
    assert tenants(home) == {"lab"}


async def test_a_login_that_is_not_there_is_status_3(home: Path, issuer: Issuer) -> None:
    status, _, err = await finish(await begin(home, "login", "lab@team", "--beside", "lab@work"))

    assert status == 3, err
    assert tenants(home) == {"lab"}


async def test_a_login_by_code_is_refused_and_agreed_to_alike(home: Path, issuer: Issuer) -> None:
    async def by_code(*words: str) -> tuple[int | None, str, str]:
        process = await begin(home, "login", *words)
        assert process.stdout is not None
        shown = b""
        while b"waits for the approval" not in shown:
            shown += await process.stdout.readline()
        await issuer.approve_device([*issuer.devices.begun.values()][-1].user_code)
        return await finish(process)

    assert (await by_code("codes"))[0] == 0
    status, _, err = await by_code("codes@team")
    assert (status, "openab-auth login codes@team --beside codes" in err) == (7, True)
    assert tenants(home) == {"lab", "codes"}
    assert (await by_code("codes@team", "--beside", "codes"))[0] == 0
    assert tenants(home) == {"lab", "codes", "codes@team"}
