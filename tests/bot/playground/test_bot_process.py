"""The playground's bot process: a bot that does not start is an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from openab_auth.bot.playground.bot_process import BotNotStartedError, BotProcess
from openab_auth.bot.playground.discord import EmbeddedDiscord


async def test_a_bot_with_a_wrong_config_fails_at_once(tmp_path: Path) -> None:
    config = tmp_path / "openab-auth.toml"
    config.write_text('[discord]\nbot_token = "x"\nallowed_users = "everybody"\n')
    async with EmbeddedDiscord.listening() as discord:
        with pytest.raises(BotNotStartedError, match="status 2"):
            async with BotProcess.running(config, discord, {}):
                pass
        assert not discord.bot_is_there
