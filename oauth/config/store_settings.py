"""Read the `[store]` table: which store it names, and the options of a PostgreSQL store."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Final

from openab_auth.oauth.config.paths import expand_home, path_in_config
from openab_auth.oauth.config.table import ConfigTable
from openab_auth.storage.options import StoreOptions, is_postgres

STORE_KEYS: Final = ("path", "url", "url_file", *(option.name for option in fields(StoreOptions)))
NO_URL: Final = "must begin with postgresql://"
_SCHEMA: Final = re.compile(r"(?!pg_)[a-z_][a-z0-9_]{0,62}")
_LONGEST_STALENESS: Final = 60.0  # seconds; a login that ended is served for as long


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """Hold the `[store]` table; at most one of `path`, `url` and `url_file` names the store."""

    path: str = ""
    url: str = field(default="", repr=False)
    url_file: str = ""
    options: StoreOptions = field(default=StoreOptions())


def read_store_settings(table: ConfigTable, file: str, environ: Mapping[str, str]) -> StoreSettings:
    """Read the `[store]` table of the config `file`; mistakes are noted in the table."""
    table.only(STORE_KEYS)

    def absolute(key: str, path: str) -> str:
        found = expand_home(path_in_config(file, path), environ)
        if found is None:
            table.wrong(key, "the home folder for `~` is not known here")
        return found or ""

    url, schema = table.text("url"), table.text("schema", StoreOptions().schema)
    if url and not is_postgres(url):
        table.wrong("url", NO_URL)
    if not _SCHEMA.fullmatch(schema):
        table.wrong("schema", "must be at most 63 lower-case letters, digits and _, and must not begin with pg_")
    named = [key for key in ("path", "url", "url_file") if table.text(key)]
    if len(named) > 1:
        table.wrong(named[1], f"names a store, and so does {named[0]}; keep one of them")
    return StoreSettings(
        path=path_in_config(file, table.text("path")),
        url=url,
        url_file=path_in_config(file, table.text("url_file")),
        options=StoreOptions(
            schema=schema,
            keys=tuple(_with_absolute_path(text, absolute) for text in table.texts("keys")),
            plaintext=table.flag("plaintext"),
            insecure=table.flag("insecure"),
            journal=absolute("journal", table.text("journal")),
            max_staleness=table.decimal("max_staleness", StoreOptions().max_staleness, _LONGEST_STALENESS),
        ),
    )


def _with_absolute_path(text: str, absolute: Callable[[str, str], str]) -> str:
    """Return the text of a key whose file has an absolute path; the store checks the text."""
    key_id, colon, path = text.partition("=file:")
    return f"{key_id}{colon}{absolute('keys', path)}" if path else text
