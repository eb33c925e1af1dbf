"""The registration of slash commands: Discord's checks, defaults and ids."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from openab_auth.bot.playground.discord.rules.errors import bad_field, entry_point_left_out
from openab_auth.bot.playground.discord.rules.limits import count, length

_NAME: Final = re.compile(r"[-_'\w]{1,32}")  # \w: letters and digits of every script
SLASH: Final = 1
_ENTRY_POINT: Final = 4
ENTRY_POINT: Final[Mapping[str, Any]] = {"type": _ENTRY_POINT, "name": "launch", "handler": 2}
_SUBCOMMANDS: Final = frozenset({1, 2})
_MOST: Final = 100  # commands of an application
_MANY: Final = 25  # options, choices, subcommands
_TEXTS: Final = ("name", "description")
_LOCALIZED: Final = ("name_localizations", "description_localizations")


def check_commands(commands: Sequence[Mapping[str, Any]]) -> None:
    """Check the commands that a bot registers.

    Raises:
        FormError: a command exceeds a limit or is invalid.
    """
    count(commands, "commands", _MOST)
    _check_unique(commands, "commands")
    for number, command in enumerate(commands):
        if command.get("type", SLASH) == SLASH:
            _check(command, str(number))


def check_entry_point(commands: Sequence[Mapping[str, Any]], before: Sequence[Mapping[str, Any]]) -> None:
    """Check that a registration keeps the Entry Point command, if there is one.

    Raises:
        ApiError: it would remove the command.
    """
    if _has_entry_point(before) and not _has_entry_point(commands):
        raise entry_point_left_out()


def registered(
    commands: Sequence[Mapping[str, Any]],
    before: Sequence[Mapping[str, Any]],
    new_id: Callable[[], str],
    owner: Mapping[str, str],
) -> list[dict[str, Any]]:
    """Return the commands as Discord stores them: with defaults and owner; a known name keeps its id."""
    ids = {_key(command): command["id"] for command in before}
    defaults = {
        "type": SLASH,
        "description": "",
        "default_member_permissions": None,
        "nsfw": False,
        "contexts": None,
        "integration_types": [0],
    }
    return [
        {**defaults, **command, **owner, "id": ids.get(_key(command)) or new_id(), "version": new_id()}
        for command in commands
    ]


def without_localizations(command: Mapping[str, Any]) -> dict[str, Any]:
    """Return a command as Discord lists it without `with_localizations`."""
    plain = {key: value for key, value in command.items() if key not in _LOCALIZED}
    if "options" in plain:
        plain["options"] = [without_localizations(option) for option in plain["options"]]
    return plain


def _key(command: Mapping[str, Any]) -> tuple[int, str]:
    return command.get("type", SLASH), command["name"]


def _has_entry_point(commands: Sequence[Mapping[str, Any]]) -> bool:
    return any(command.get("type") == _ENTRY_POINT for command in commands)


def _check(command: Mapping[str, Any], at: str) -> None:
    names, descriptions = ({"": command.get(key)} | (command.get(f"{key}_localizations") or {}) for key in _TEXTS)
    for locale, name in names.items():
        if not _NAME.fullmatch(str(name)) or name != name.lower():
            where = f"name_localizations.{locale}" if locale else "name"
            raise bad_field(f"{at}.{where}", "Command name is invalid", "APPLICATION_COMMAND_INVALID_NAME")
    for locale, description in descriptions.items():
        length(description, f"{at}.description_localizations.{locale}" if locale else f"{at}.description", 100, least=1)
    options = command.get("options") or []
    count(options, f"{at}.options", _MANY)
    _check_unique(options, f"{at}.options")
    if {option["type"] in _SUBCOMMANDS for option in options} == {True, False}:
        raise bad_field(f"{at}.options", "Sub-command and sub-command group option types are mutually exclusive")
    required = [bool(option.get("required")) for option in options]
    if required != sorted(required, reverse=True):
        raise bad_field(f"{at}.options", "Required options must be placed before non-required options")
    for number, option in enumerate(options):
        _check_option(option, f"{at}.options.{number}")


def _check_option(option: Mapping[str, Any], at: str) -> None:
    for key in ("contexts", "integration_types"):
        if key in option:
            raise bad_field(f"{at}.{key}", "Only a top-level command may carry this")
    choices = option.get("choices") or []
    if choices and option.get("autocomplete"):
        raise bad_field(f"{at}.autocomplete", "Choices and autocomplete exclude each other")
    count(choices, f"{at}.choices", _MANY)
    for choice in choices:
        length(choice.get("name"), f"{at}.choices.name", 100, least=1)
        length(choice.get("value"), f"{at}.choices.value", 100)
    _check(option, at)


def _check_unique(items: Sequence[Mapping[str, Any]], at: str) -> None:
    names = [(item.get("name"), item.get("type", SLASH) if at == "commands" else 0) for item in items]
    if len(names) != len(set(names)):
        raise bad_field(at, "Option name must be unique", "APPLICATION_COMMAND_OPTIONS_NAME_INVALID")
