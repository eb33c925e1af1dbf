"""Read the `[store]` table, and find the store that a process opens."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Final

from openab_auth.oauth.config.paths import expand_home, path_in_config
from openab_auth.oauth.config.table import ConfigTable
from openab_auth.oauth.errors import ConfigError, PasswordOnCommandLineError, RelativePathError, UnknownHomeError
from openab_auth.storage.options import StoreLocation, StoreOptions, has_password, is_postgres

if TYPE_CHECKING:
    from openab_auth.oauth.config.config import Config

DEFAULT_STORE: Final = "~/.openab/agent/auth.json"
STORE_KEYS: Final = ("path", "url", "url_file", *(option.name for option in fields(StoreOptions)))
_NO_URL: Final = "must begin with postgresql://"
_SCHEMA: Final = re.compile(r"(?!pg_)[a-z_][a-z0-9_]{0,62}")
_LONGEST_STALENESS: Final = 60.0  # seconds; a login that ended is served for as long
_LARGEST_URL: Final = 4096  # bytes


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
        table.wrong("url", _NO_URL)
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


def store_location(config: Config, explicit: str | None, environ: Mapping[str, str]) -> StoreLocation:
    """Return the location of the store, with the options of the config.

    It is `--store`, `OPENAB_AUTH_STORE`, what `[store]` names, or the default of the agents. Only `--store` may be a
    relative path: a person typed it for this working directory.

    Raises:
        ConfigError: the path begins with an unknown home, OPENAB_AUTH_STORE is relative, `--store` has a password,
            or `url_file` cannot be read.
    """
    store = config.store
    if explicit and has_password(explicit):
        raise PasswordOnCommandLineError
    places = (
        ("--store", explicit),
        ("OPENAB_AUTH_STORE", environ.get("OPENAB_AUTH_STORE")),
        ("store.url", store.url),
        ("store.url_file", store.url_file),
        ("store.path", store.path),
        ("HOME", DEFAULT_STORE),
    )
    key, place = next((key, place) for key, place in places if place)
    if "://" in place:
        return StoreLocation(place, store.options)
    path = expand_home(place, environ)
    if path is None:
        raise UnknownHomeError(config.file, key)
    if key == "OPENAB_AUTH_STORE" and not path.startswith("/"):
        raise RelativePathError(key)
    return StoreLocation(_url_in(path, config, environ) if key == "store.url_file" else path, store.options)


def _with_absolute_path(text: str, absolute: Callable[[str, str], str]) -> str:
    """Return the text of a key whose file has an absolute path; the store checks the text."""
    key_id, colon, path = text.partition("=file:")
    return f"{key_id}{colon}{absolute('keys', path)}" if path else text


def _url_in(path: str, config: Config, environ: Mapping[str, str]) -> str:
    """Return the URL in a file, which may hold a password, so no error shows it."""
    from openab_auth.oauth.config import trusted_file  # noqa: PLC0415 - few stores have a file for the URL

    try:
        text = trusted_file.read_trusted_file(path, environ, largest=_LARGEST_URL).decode("utf-8-sig").strip()
        reason = "" if is_postgres(text) and len(text.split()) == 1 else f"its content {_NO_URL}"
    except UnicodeDecodeError:
        text, reason = "", "is not UTF-8"
    except trusted_file.RefusedFileError as error:
        text, reason = "", str(error.strerror)
    except OSError as error:
        text, reason = "", f"cannot be read ({error.strerror})"
    if reason:
        raise ConfigError(config.file or "the config", (("store.url_file", reason),))
    return text
