"""`${VAR}` in the texts of a config: replaced from the environment where a table is read, not before.

A command that never reads a table must not fail because a variable in it is unset in this shell.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, TypeVar, cast

from openab_auth.oauth.config.table import ConfigMistakes

T = TypeVar("T")
_VARIABLE: Final = re.compile(r"\$(\$\{)|\$\{(?:([A-Za-z_][A-Za-z0-9_]*)\})?")  # `$${`, `${VAR}`, or a stray `${`


def replace_variables(value: T, at: str, environ: Mapping[str, str], mistakes: ConfigMistakes) -> T:
    """`value`, found at the dotted key `at`, with each `${VAR}` of its texts replaced; unset ones go to `mistakes`."""
    return cast("T", _replaced(value, at, environ, mistakes))


def variables_in(value: object) -> frozenset[str]:
    """The names in a text of the config; none in what is no text."""
    return (
        frozenset(match[2] for match in _VARIABLE.finditer(value) if match[2])
        if isinstance(value, str)
        else frozenset()
    )


def _replaced(value: object, at: str, environ: Mapping[str, str], mistakes: ConfigMistakes) -> object:
    if isinstance(value, dict):
        return {key: _replaced(item, f"{at}.{key}", environ, mistakes) for key, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, f"{at}[{index}]", environ, mistakes) for index, item in enumerate(value)]
    if not isinstance(value, str):
        return value

    def variable(match: re.Match[str]) -> str:
        literal, name = match.groups()
        if literal:
            return str(literal)
        if name is None:
            mistakes.append((at, "holds `${` without a name and `}` after it; `$${` stands for the characters"))
            return ""
        if name not in environ:
            mistakes.append((at, f"${{{name}}} is not set in the environment"))
        return environ.get(name, "")

    return _VARIABLE.sub(variable, value)
