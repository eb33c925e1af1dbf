"""A lost reply undoes nothing; the errors are those that discord.py 2.7.1 really raises."""

from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import discord
import pytest

from openab_auth.cogs.auth import replies
from openab_auth.cogs.auth.replies import ReplyContent, acknowledge, answer, show_modal
from openab_auth.cogs.auth.text.markup import Markup


def http_error(status: int, code: int) -> discord.HTTPException:
    reply = cast("aiohttp.ClientResponse", SimpleNamespace(status=status, reason="x"))
    return discord.HTTPException(reply, {"code": code, "message": "x"})


class Interaction:
    """One interaction: each call raises the given error, and `sent` has the replies that got through."""

    def __init__(self, **failures: Exception) -> None:
        self.sent: list[str] = []
        self.extras: dict[str, Any] = {}
        self.user = SimpleNamespace(id=1)
        self.client = None
        self.guild_id = None
        self.response = self
        self._failures = failures
        self._done = False

    def is_done(self) -> bool:
        return self._done

    def _play(self, what: str) -> None:
        if what in self._failures:
            raise self._failures[what]
        self.sent.append(what)
        self._done = True

    async def defer(self, **_: object) -> None:
        self._play("defer")

    async def send_message(self, *_: object, **__: object) -> None:
        self._play("respond")

    async def edit_original_response(self, **_: object) -> None:
        self._play("edit")

    async def send_modal(self, _modal: object) -> None:
        self._play("modal")


async def run(played: Interaction) -> bool:
    interaction = cast("discord.Interaction", played)
    await acknowledge(interaction)
    return await answer(interaction, ReplyContent(Markup("done")))


async def test_an_answer_fills_the_deferred_message() -> None:
    played = Interaction()
    assert await run(played)
    assert played.sent == ["defer", "edit"]


async def test_after_10062_nothing_more_is_sent_and_nothing_is_raised() -> None:
    played = Interaction(defer=http_error(404, 10062))
    assert not await run(played)
    assert played.sent == []


async def test_after_40060_to_a_repeated_request_the_answer_is_an_edit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replies, "_FIRST_REPEAT", 0.0)
    played = Interaction(defer=http_error(400, 40060))
    assert await run(played)
    assert played.sent == ["edit"]


async def test_after_40060_at_once_another_process_answers() -> None:
    played = Interaction(defer=http_error(400, 40060))
    assert not await acknowledge(cast("discord.Interaction", played))


@pytest.mark.parametrize("cut", [aiohttp.ServerDisconnectedError(), ConnectionResetError(), TimeoutError()])
async def test_after_a_cut_acknowledgement_the_answer_is_the_first_word(cut: Exception) -> None:
    played = Interaction(defer=cut)
    assert await run(played)
    assert played.sent == ["respond"]


async def test_after_an_acknowledgement_applied_and_cut_the_answer_is_an_edit() -> None:
    played = Interaction(defer=aiohttp.ServerDisconnectedError(), respond=http_error(400, 40060))
    assert await run(played)
    assert played.sent == ["edit"]


async def test_a_bare_204_is_an_acknowledgement() -> None:
    played = Interaction(defer=TypeError("string indices must be integers"))
    assert await run(played)
    assert played.sent == ["edit"]


@pytest.mark.parametrize("lost", [http_error(401, 50027), aiohttp.ServerDisconnectedError(), http_error(503, 0)])
async def test_a_lost_edit_is_said_and_not_raised(lost: Exception, caplog: pytest.LogCaptureFixture) -> None:
    assert not await run(Interaction(edit=lost))
    assert "could not be delivered" in caplog.text


@pytest.mark.parametrize("lost", [http_error(404, 10062), aiohttp.ServerDisconnectedError()])
async def test_a_modal_that_cannot_be_opened_raises_nothing(lost: Exception) -> None:
    played = cast("discord.Interaction", Interaction(modal=lost))
    assert not await show_modal(played, cast("discord.ui.Modal", None))
