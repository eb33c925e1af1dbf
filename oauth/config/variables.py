"""Replace `${VAR}` in the texts of a config from the environment, when a table is read.

A command that never reads a table must not fail because one of its variables is not set in this shell.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, TypeVar, cast

from openab_auth.oauth.config.table import ConfigMistakes

T = TypeVar("T")
_VARIABLE: Final = re.compile(r"\$(\$\{)|\$\{(?:([A-Za-z_][A-Za-z0-9_]*)\})?")  # `$${`, `${VAR}`, or a stray `${`
_BLANKS: Final = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\u200b\u2060\ufeff"
)


def environment_value(environ: Mapping[str, str], name: str) -> str:
    """Return a variable without the blanks around it; a file that a shell reads into a variable ends with a newline."""
    return without_blanks(environ.get(name, ""))


def without_blanks(text: str) -> str:
    """Return the text without blanks and byte order marks around it, which editors and web pages add to a secret."""
    return text.strip(_BLANKS)


def replace_variables(value: T, at: str, environ: Mapping[str, str], mistakes: ConfigMistakes) -> T:
    """Return `value` with each `${VAR}` in its texts replaced; note variables that are not set in `mistakes`.

    `at` is the dotted key of the value.
    """
    return cast("T", _replaced(value, at, environ, mistakes))


def variables_in(value: object) -> frozenset[str]:
    """Return the names of the variables in a text of the config; none for other values."""
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
        return environment_value(environ, name)

    return _VARIABLE.sub(variable, value)
