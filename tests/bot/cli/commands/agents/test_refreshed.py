"""`refresh` says `refreshed: true` in the process whose request renewed the login, and in no other."""

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from openab_auth.bot.playground.issuer import Issuer
from tests.bot.cli.started_commands import begin, configure, finish, log_in

Run = Callable[..., "subprocess.CompletedProcess[str]"]
PROCESSES = 5


@pytest.fixture
async def issuer(home: Path) -> AsyncIterator[Issuer]:
    async with Issuer.listening() as issuer:
        configure(issuer, home)
        await log_in(issuer, home)
        yield issuer


def refreshes(issuer: Issuer) -> int:
    return sum(asked.fields.get("grant_type") == "refresh_token" for asked in issuer.requests("/token"))


async def refresh(home: Path, token: str) -> dict[str, object]:
    process = await begin(home, "refresh", "lab", "--rejected", "--json", stdin=subprocess.PIPE)
    out, err = await asyncio.wait_for(process.communicate(f"{token}\n".encode()), 30)
    assert process.returncode == 0, err
    answer: dict[str, object] = json.loads(out)
    return answer


async def test_of_several_processes_only_the_one_that_asked_has_refreshed(home: Path, issuer: Issuer) -> None:
    token = (await finish(await begin(home, "token", "lab")))[1].strip()
    issuer.faults.next("/token", delay=1.0)  # so that all others wait for the one that asks

    answers = await asyncio.gather(*(refresh(home, token) for _ in range(PROCESSES)))

    assert refreshes(issuer) == 1
    assert [answer["refreshed"] for answer in answers].count(True) == 1
    assert len({str(answer["expires_at"]) for answer in answers}) == 1


async def test_each_deliberate_refresh_counts_its_own_request(home: Path, issuer: Issuer) -> None:
    processes = [await begin(home, "refresh", "lab", "--json") for _ in range(PROCESSES)]
    answers = [json.loads((await finish(process))[1]) for process in processes]

    assert [answer["refreshed"] for answer in answers].count(True) == refreshes(issuer) > 0


async def test_a_token_that_is_stored_already_is_told_in_words(home: Path, issuer: Issuer) -> None:
    process = await begin(home, "refresh", "lab", "--rejected", stdin=subprocess.PIPE)
    out, _ = await asyncio.wait_for(process.communicate(b"an-older-one\n"), 30)

    assert out.decode() == "lab: another token was already stored; no request was sent\n"
    assert refreshes(issuer) == 0
