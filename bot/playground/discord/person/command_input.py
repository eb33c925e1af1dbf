"""The client's input for slash commands: it accepts only declared commands, options and values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from openab_auth.bot.playground.discord.guild import Json, Where
from openab_auth.bot.playground.discord.person import client_errors

OptionValue: TypeAlias = str | int | bool

_SUBCOMMANDS: Final = {1, 2}
_TYPES: Final[Mapping[int, type]] = {3: str, 4: int, 5: bool}
_GUILD, _DM = 0, 1  # contexts of a command
_LONGEST: Final = 6000  # characters of a string option


def command_data(
    commands: Sequence[Json],
    command: str,
    options: Mapping[str, OptionValue],
    where: Where,
    *,
    focused: str | None = None,
) -> Json:
    """Return the interaction's `data` for this input; `focused` is the option that the person is still typing.

    Raises:
        ActionRefusedError: a command or option is not declared, a required option is missing, or a value does not fit.
    """
    root, *path = command.split() or [""]
    found = next((each for each in commands if each["name"] == root and _offered(each, where)), None)
    if found is None:
        raise client_errors.no_such_command(command)
    shown, kinds = found, []
    for word in path:
        inner = [each for each in shown.get("options") or [] if each["type"] in _SUBCOMMANDS and each["name"] == word]
        if not inner:
            raise client_errors.no_such_command(command)
        shown = inner[0]
        kinds.append(int(shown["type"]))
    declared = {each["name"]: each for each in shown.get("options") or []}
    if any(each["type"] in _SUBCOMMANDS for each in declared.values()):
        raise client_errors.no_such_command(command)
    given = _given(command, declared, options, focused)
    for word, kind in reversed(list(zip(path, kinds, strict=True))):
        given = [{"name": word, "type": kind, "options": given}]
    guild = {"guild_id": found["guild_id"]} if "guild_id" in found else {}
    return {"id": found["id"], "name": root, "type": 1, "options": given, **guild}


def _given(
    command: str, declared: Mapping[str, Json], options: Mapping[str, OptionValue], focused: str | None
) -> list[Json]:
    for name in options:
        if name not in declared:
            raise client_errors.no_such_option(command, name)
    missing = [name for name, each in declared.items() if each.get("required") and name not in options]
    if missing and focused is None:
        raise client_errors.missing_options(command, missing)
    if focused is not None and not declared[focused].get("autocomplete"):
        raise client_errors.no_autocomplete(focused)
    given = []
    for name, value in options.items():
        if name != focused and not _takes(declared[name], value):
            raise client_errors.bad_value(name)
        focus = {"focused": True} if name == focused else {}
        given.append({"name": name, "type": declared[name]["type"], "value": value, **focus})
    return given


def _takes(option: Json, value: OptionValue) -> bool:
    if type(value) is not _TYPES.get(option["type"]):
        return False
    if option.get("choices"):
        return any(choice["value"] == value for choice in option["choices"])
    if isinstance(value, str):
        return max(1, int(option.get("min_length") or 0)) <= len(value) <= int(option.get("max_length") or _LONGEST)
    return True


def _offered(command: Json, where: Where) -> bool:
    if where == "dm" and ("guild_id" in command or command.get("dm_permission") is False):
        return False
    contexts = command.get("contexts")
    return command["type"] == 1 and (contexts is None or (_DM if where == "dm" else _GUILD) in contexts)
