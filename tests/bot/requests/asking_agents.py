"""A thread whose agents have their own processes: what they ask for, what people see, and how a person answers."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

from openab_auth.bot.playground.bot_process import child_environment
from openab_auth.bot.playground.discord import ChannelId, EmbeddedDiscord, Message, Person, ShownResponse
from openab_auth.bot.playground.issuer import Issuer
from openab_auth.storage import REQUESTS, Draft, FileStore, LoginRequest, ThreadId
from tests.support.patience import PATIENCE, until


@dataclass
class Thread:
    """One thread, the store that its agents and the bot use, and the agents that this test has started."""

    discord: EmbeddedDiscord
    issuer: Issuer
    config: Path
    where: ChannelId
    id: ThreadId
    agents: list[asyncio.subprocess.Process] = field(default_factory=list)

    @property
    def store(self) -> FileStore:
        return FileStore(self.config.with_name("auth.json"))

    @property
    def messages(self) -> list[Message]:
        """Return the bot's messages that everybody in the thread sees."""
        bot = self.discord.state.bot
        return [each for each in self.discord.state.messages[self.where] if each.author == bot and not each.seen_by]

    @property
    def sent(self) -> int:
        """Return how often a bot has sent a message to the thread, also in vain."""
        path = f"/channels/{self.where}/messages"
        return sum((seen.method, seen.path) == ("POST", path) for seen in self.discord.requests)

    @property
    def requests(self) -> list[LoginRequest]:
        return [each for each in self.store.records(REQUESTS).values() if isinstance(each, LoginRequest)]

    async def start_agent(self, *words: str) -> asyncio.subprocess.Process:
        """Start an agent that needs a token of the vendor; `words` are more options."""
        agent = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "openab_auth", "token", "lab", "--json", "--thread", str(self.id), *words),
            env=child_environment(OPENAB_AUTH_CONFIG=str(self.config)),
            cwd=self.config.parent,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        self.agents.append(agent)
        return agent

    async def start_waiting(self) -> asyncio.subprocess.Process:
        """Start an agent that waits, and wait until it has asked."""
        agent = await self.start_agent("--wait", "120")
        await until(lambda: bool(self.requests))
        return agent

    async def kill_agents(self) -> None:
        for agent in self.agents:
            if agent.returncode is None:
                agent.kill()
            await agent.communicate()

    def end_claims(self) -> None:
        """Let the minute pass in which no other bot may write what a killed bot has claimed."""

        def end(draft: Draft) -> None:
            records = draft.records(REQUESTS)
            for key, record in [*records.items()]:
                if isinstance(record, LoginRequest):
                    records[key] = record._replace(claimed_until=0)

        self.store.update(end)

    async def press(self, person: Person) -> ShownResponse:
        """Press the button of the newest message; return the answer that only this person sees."""
        answer = await person.press(self.messages[-1], "Log in")
        assert isinstance(answer, ShownResponse)
        return await answer.settled()

    async def finish(self, person: Person, card: ShownResponse) -> None:
        """Approve the login at the vendor, and paste the redirect."""
        redirect = await self.issuer.approve(card.link_buttons[0])
        await (await person.slash("auth complete", redirect=redirect)).settled()

    async def check_goes_on(self, agent: asyncio.subprocess.Process, *, messages: int = 1) -> None:
        """Check that the agent gets its token, and that the newest of the messages says who has logged in."""
        async with asyncio.timeout(PATIENCE):
            output, _ = await agent.communicate()
        assert agent.returncode == 0
        assert json.loads(output)["access_token"]
        await until(lambda: not self.requests)
        assert len(self.messages) == messages
        assert "has logged in to The Lab" in self.messages[-1].content
