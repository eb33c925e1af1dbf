"""Find the store that a process opens: the command line, the environment, the config, or the default of the agents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from openab_auth.oauth.config.config import Config
from openab_auth.oauth.config.paths import expand_home
from openab_auth.oauth.config.store_settings import NO_URL
from openab_auth.oauth.errors import ConfigError, PasswordOnCommandLineError, RelativePathError, UnknownHomeError
from openab_auth.storage.options import StoreLocation, has_password, is_postgres

DEFAULT_STORE: Final = "~/.openab/agent/auth.json"


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


def _url_in(path: str, config: Config, environ: Mapping[str, str]) -> str:
    """Return the URL in a file, which may hold a password, so no error shows it."""
    from openab_auth.oauth.config.secret_file import SecretFileError, read_secret_file  # noqa: PLC0415 - few stores have one

    try:
        text = read_secret_file(path, environ).reveal()
        reason = "" if is_postgres(text) and len(text.split()) == 1 else f"its content {NO_URL}"
    except SecretFileError as error:
        text, reason = "", error.reason
    if reason:
        raise ConfigError(config.file or "the config", (("store.url_file", reason),))
    return text
