"""Errors of the application that no mistake in the config causes."""

from __future__ import annotations

from openab_auth.storage.errors import OpenabAuthError


class DiscordUnavailableError(OpenabAuthError):
    """Discord gives no usable answer; the config may be right. `way` names the proxy that was used."""

    code = "discord_unavailable"

    def __init__(self, api_base: str, reason: str, way: str = "") -> None:
        looked_at = f"the network and {way}" if way else "the network, [discord] api_base and [discord] proxy"
        super().__init__(
            f"no usable answer from Discord at {api_base}{f' through {way}' if way else ''}: {reason}",
            kept="the store is untouched",
            todo=f"try again in a moment; if that fails, too, check {looked_at}",
        )


class DiscordRefusedError(OpenabAuthError):
    """Discord refuses the bot; `sentence` is Discord's own, with its status and code."""

    code = "discord_refused"

    def __init__(self, sentence: str) -> None:
        super().__init__(
            f"Discord refuses this bot: {sentence}",
            kept="the store is untouched",
            todo="correct that in Discord's developer portal or in the config, then start again",
        )


class DiscordQuotaError(OpenabAuthError):
    """The day's quota of new commands is used up, and no `/auth` is registered that people could use."""

    code = "discord_quota"

    def __init__(self, sentence: str) -> None:
        super().__init__(
            f"Discord registers no more new commands of this bot today: {sentence}",
            kept="the store is untouched",
            todo="start again tomorrow: Discord counts new commands for a day, and a restart does not help before",
        )


class DiscordSessionsError(OpenabAuthError):
    """Say that Discord allows fewer sessions than the bot needs now, because so many were begun in 24 hours."""

    code = "discord_sessions"

    def __init__(self, left: int, needed: int, resets_in: float) -> None:
        super().__init__(
            f"this bot has started too often: Discord lets it begin {left} more sessions today, and it needs {needed}",
            kept="the store is untouched",
            todo=f"find out why it starts so often, and start it again in {resets_in / 60:.0f} minutes: Discord "
            "resets the token of a bot that goes on",
        )


class SystemRefusedError(OpenabAuthError):
    """The operating system refused a call, for example because too many files are open."""

    code = "system_refused"

    def __init__(self, error: OSError) -> None:
        place = f" ({error.filename})" if isinstance(error.filename, str) else ""
        super().__init__(
            f"the operating system reported an error: {error.strerror or type(error).__name__}{place}",
            kept="earlier changes are saved",
            todo="correct the cause (`ulimit -n` shows how many files may be open), then try again",
        )


class CommandNotRunError(OpenabAuthError):
    """`exec` could not start its command, although it had the tokens."""

    code = "command_not_run"

    def __init__(self, command: str, reason: str) -> None:
        super().__init__(
            f"{command} was not started ({reason})",
            kept="the logins are untouched",
            todo="check the program's name and PATH",
        )


class HealthAddressError(OpenabAuthError):
    """The address for probes and metrics cannot be used."""

    code = "health_address"

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(
            f"nothing can listen on {address}, the address for probes and metrics ({reason})",
            kept="the store is untouched",
            todo="end the program that listens there, or correct `health` in the config",
        )
