"""Commands are sent to Discord only if the registered commands differ."""

from openab_auth.bot.sync import same_commands

WANTED = [{"name": "auth", "type": 1, "description": "x", "options": [], "nsfw": False, "contexts": [0, 1]}]


def test_discords_own_additions_are_no_change() -> None:
    registered = [{"id": "1", "version": "2", "name": "auth", "type": 1, "description": "x", "contexts": [0, 1]}]

    assert same_commands(WANTED, registered)


def test_another_description_a_missing_or_an_extra_command_is_a_change() -> None:
    assert not same_commands(WANTED, [])
    assert not same_commands(WANTED, [WANTED[0] | {"description": "y"}])
    assert not same_commands(WANTED, [WANTED[0], WANTED[0] | {"name": "other"}])
    assert not same_commands(WANTED, [WANTED[0] | {"options": [{"name": "vendor"}]}])
    assert not same_commands(WANTED, [WANTED[0] | {"contexts": [0]}])
