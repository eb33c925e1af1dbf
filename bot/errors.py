"""What keeps the application from running that is nobody's mistake in the config."""

from __future__ import annotations

from storage.errors import OpenabAuthError


class DiscordUnavailableError(OpenabAuthError):
    """Discord gives no usable answer; nothing in the config need be wrong."""

    code = "discord_unavailable"

    def __init__(self, api_base: str, reason: str) -> None:
        super().__init__(
            f"no usable answer from Discord at {api_base} ({reason})",
            kept="the store is untouched",
            todo="try again in a moment; if it stays so, check the network and [discord] api_base",
        )
