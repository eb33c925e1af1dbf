"""The objects of Discord's gateway and API: guild, channel, member, application, interaction."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from openab_auth.bot.playground.discord.guild.model import Interaction, Json, Member, Thread
from openab_auth.bot.playground.discord.guild.permissions import EVERYTHING
from openab_auth.bot.playground.discord.guild.state import State

TEXT: Final = 0
DM: Final = 1
THREAD: Final = 11
_GUILD_MEMBERS: Final = 1 << 1  # the intent
_MEMBERS_LIMITED: Final = 1 << 15  # the flag of an application
_EVERYTHING: Final = str(EVERYTHING)
_JOINED: Final = "2026-01-01T00:00:00+00:00"


def flags(state: State) -> int:
    """Return the application's flags: the members intent of a bot that Discord has not verified."""
    return _MEMBERS_LIMITED if state.privileged_intents & _GUILD_MEMBERS else 0


def application(state: State) -> Json:
    """Return the bot's application."""
    return {
        "id": state.application_id,
        "name": state.bot["username"],
        "description": "",
        "icon": None,
        "flags": flags(state),
        "bot_public": False,
        "bot_require_code_grant": False,
        "verify_key": "",
        "owner": state.owner,
        "team": None,
    }


def role(role_id: str, name: str, permissions: int = 0) -> Json:
    """Return a role."""
    return {
        "id": role_id,
        "name": name,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "position": 0,
        "permissions": str(permissions),
        "managed": False,
        "mentionable": False,
        "flags": 0,
    }


def member(user: Json, roles: tuple[int, ...]) -> Json:
    """Return this user as a member of the guild."""
    return {
        "user": user,
        "roles": [str(each) for each in roles],
        "joined_at": _JOINED,
        "permissions": _EVERYTHING,
        "deaf": False,
        "mute": False,
        "flags": 0,
    }


def guild(state: State, guild_id: str) -> Json:
    """Return a guild in the form of GUILD_CREATE; only the first one has channels and roles of its own."""
    is_first = guild_id == state.guild_id
    return {
        "id": guild_id,
        "name": _guild_name(state, guild_id),
        "icon": None,
        "owner_id": state.owner["id"],
        "roles": [
            role(guild_id, "@everyone", state.permissions.in_guild),
            *(role(each, f"role {each}") for each in (state.roles if is_first else ())),
        ],
        "emojis": [],
        "stickers": [],
        "features": [],
        "channels": [channel(state, each) for each in state.channels] if is_first else [],
        "threads": [thread(state, each) for each in seen_threads(state)] if is_first else [],
        "members": [member(state.bot, ())],
        "member_count": 1,
        "voice_states": [],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
        "preferred_locale": "en-US",
        "verification_level": 0,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "mfa_level": 0,
        "nsfw_level": 0,
        "premium_tier": 0,
        "system_channel_flags": 0,
        "afk_timeout": 300,
        "large": False,
        "unavailable": False,
    }


def guild_of_bot(state: State, guild_id: str) -> Json:
    """Return a guild as the list of the bot's guilds has it, with the bot's permissions there."""
    return {
        "id": guild_id,
        "name": _guild_name(state, guild_id),
        "icon": None,
        "banner": None,
        "owner": False,
        "permissions": str(state.permissions.in_guild),
        "features": [],
    }


def _guild_name(state: State, guild_id: str) -> str:
    return "Playground" if guild_id == state.guild_id else "Elsewhere"


def seen_threads(state: State, channel_id: str | None = None) -> list[Thread]:
    """Return the active threads that the bot may see, of one channel if it is given."""
    return [
        each
        for each in state.threads.values()
        if not each.archived and channel_id in {None, each.parent_id} and state.bot_may("view_channel", each.id)
    ]


def channel(state: State, channel_id: str) -> Json:
    """Return a text channel, a thread, or a DM."""
    if channel_id in state.threads:
        return thread(state, state.threads[channel_id])
    partner = state.dm_partner(channel_id)
    if partner is None:
        return {
            "id": channel_id,
            "type": TEXT,
            "guild_id": state.guild_id,
            "name": state.channels[channel_id],
            "position": [*state.channels].index(channel_id),
            "permission_overwrites": state.permissions.overwrites(channel_id, state.application_id),
            "nsfw": False,
            "topic": None,
            "parent_id": None,
            "permissions": _EVERYTHING,
            "flags": 0,
        }
    user = state.users[partner]
    return {"id": channel_id, "type": DM, "recipients": [user], "last_message_id": None, "flags": 0}


def thread(state: State, one: Thread) -> Json:
    """Return a public thread of a text channel."""
    written = sum(not message.ephemeral for message in state.messages[one.id])
    return {
        "id": one.id,
        "type": THREAD,
        "guild_id": state.guild_id,
        "parent_id": one.parent_id,
        "owner_id": one.owner["id"],
        "name": one.name,
        "rate_limit_per_user": 0,
        "message_count": written,
        "total_message_sent": written,
        "member_count": 1,
        "thread_metadata": {
            "archived": one.archived,
            "auto_archive_duration": 1440,
            "archive_timestamp": datetime.fromtimestamp(one.changed_at, UTC).isoformat(),
            "locked": one.locked,
        },
        "permissions": _EVERYTHING,
        "flags": 0,
    }


def thread_list(state: State, channel_id: str) -> Json:
    """Return the active threads of a channel in the form of THREAD_LIST_SYNC."""
    threads = [thread(state, each) for each in seen_threads(state, channel_id)]
    return {"guild_id": state.guild_id, "channel_ids": [channel_id], "threads": threads, "members": []}


def deleted_thread(state: State, one: Thread) -> Json:
    """Return a thread in the form of THREAD_DELETE."""
    return {"id": one.id, "guild_id": state.guild_id, "parent_id": one.parent_id, "type": THREAD}


def interaction(state: State, act: Interaction, data: Json, author: Member) -> Json:
    """Return INTERACTION_CREATE; in the guild it contains the member, in a DM the user."""
    in_guild = state.dm_partner(act.channel_id) is None
    where: Json = {"context": 1, "user": author.user}
    permissions = EVERYTHING
    if in_guild:
        one = state.threads.get(act.channel_id)
        permissions = state.permissions.in_channel(one.parent_id if one else act.channel_id)
        where = {
            "context": 0,
            "member": member(author.user, author.roles),
            "guild_id": state.guild_id,
            "guild": {"id": state.guild_id, "locale": "en-US", "features": []},
            "guild_locale": "en-US",
        }
    if act.message is not None:
        where["message"] = act.message.payload()
    return {
        "id": act.id,
        "application_id": state.application_id,
        "type": act.kind,
        "token": act.token,
        "version": 1,
        "data": data,
        "channel_id": act.channel_id,
        "channel": channel(state, act.channel_id),
        "locale": author.locale,
        "app_permissions": str(permissions),
        "attachment_size_limit": 10 * 1024 * 1024,
        "entitlements": [],
        "authorizing_integration_owners": _installed_by(state, author, in_guild=in_guild),
        **where,
    }


def _installed_by(state: State, author: Member, *, in_guild: bool) -> Json:
    """Return who has installed the bot: `0` is the guild, or 0 for the bot's own DM, and `1` the person."""
    return {"0": state.guild_id if in_guild else "0"} if state.is_installed else {"1": author.user["id"]}
