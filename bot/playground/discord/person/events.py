"""Gateway events: record each action of a person, and send it to the bot."""

from __future__ import annotations

from openab_auth.bot.playground.discord.api import Gateway
from openab_auth.bot.playground.discord.guild import (
    HAS_THREAD,
    ChannelId,
    Interaction,
    Json,
    Member,
    Message,
    State,
    Where,
    payloads,
)


class Events:
    """Record what a member does, and dispatch it to the bot."""

    def __init__(self, state: State, gateway: Gateway) -> None:
        self.state = state
        self._gateway = gateway

    async def interact(  # noqa: PLR0913 - the parts of an interaction
        self,
        member: Member,
        kind: int,
        data: Json,
        channel_id: str,
        *,
        message: Message | None = None,
        command: str | None = None,
    ) -> Interaction:
        """Begin an interaction of `member`, and send it to the bot."""
        id_, begun = self.state.new_id(), self.state.clock()
        interaction = Interaction(id_, kind, member.user["id"], channel_id, begun, command, message)
        self.state.interactions[interaction.token] = interaction
        await self._gateway.announce_roles()
        event = payloads.interaction(self.state, interaction, data, member)
        await self._gateway.dispatch("INTERACTION_CREATE", event)
        return interaction

    async def say(self, member: Member, text: str, where: Where) -> Message:
        """Post a message of `member`, and send it to the bot if the bot's intents allow that."""
        channel_id = self.state.channel_id(member.user["id"], where)
        await self._gateway.unarchive(channel_id)
        message = self.state.post(channel_id, member.user, {"content": text})
        await self._gateway.announce(message)
        return message

    async def leave(self, member: Member, guild: int | None) -> None:
        """End a membership, as a person who leaves or a moderator who kicks or bans does."""
        guild_id, user_id = str(guild or self.state.guild_id), member.user["id"]
        if guild_id == self.state.guild_id:
            self.state.members.pop(user_id, None)
        else:
            self.state.elsewhere[guild_id].discard(user_id)
        await self._gateway.announce_member("GUILD_MEMBER_REMOVE", guild_id, member.user)

    async def join(self, member: Member, guild: int | None) -> None:
        """Begin a membership."""
        guild_id, user_id = str(guild or self.state.guild_id), member.user["id"]
        if guild_id == self.state.guild_id:
            self.state.members[user_id] = member
        else:
            self.state.elsewhere[guild_id].add(user_id)
        await self._gateway.announce_member("GUILD_MEMBER_ADD", guild_id, member.user)

    async def start_thread(self, member: Member, name: str, message: Message) -> ChannelId:
        """Start a thread of `member` from a message, and tell the bot."""
        message.body["flags"] = message.flags | HAS_THREAD
        thread = self.state.new_thread(name, message.channel_id, member.user, message.id)
        await self._gateway.announce_thread("THREAD_CREATE", thread, newly_created=True)
        return ChannelId(thread.id)
