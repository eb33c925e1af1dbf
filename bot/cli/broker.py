"""Find the broker that the environment names: commands of agents then get their tokens there."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, MutableMapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from openab_auth.oauth.tokens.broker import BrokerTokenSource
    from openab_auth.storage import Secret

BROKER: Final = "OPENAB_AUTH_BROKER"
BROKER_KEY: Final = "OPENAB_AUTH_BROKER_KEY"
BROKER_KEY_FILE: Final = "OPENAB_AUTH_BROKER_KEY_FILE"


def broker_source(arguments: argparse.Namespace, environ: Mapping[str, str] = os.environ) -> BrokerTokenSource | None:
    """Return a source at the broker that the environment names; None if it names none, or for `--store`.

    `--store` counts first, because a person typed it.

    Raises:
        BrokerSettingError: the address or the key is unusable, or the key's file cannot be read.
        ThreadIdError: what names the thread is no id.
    """
    address = environ.get(BROKER, "")
    if not address or arguments.store:
        return None
    from openab_auth.oauth.tokens.broker import BrokerTokenSource, read_address  # noqa: PLC0415 - httpx2

    key = _key(environ)
    return BrokerTokenSource(read_address(address, BROKER), key, environ, thread=arguments.thread)


def _key(environ: Mapping[str, str]) -> Secret | None:
    from openab_auth.oauth.errors import BrokerSettingError  # noqa: PLC0415 - as above
    from openab_auth.oauth.tokens.broker import read_key  # noqa: PLC0415 - as above

    path = environ.get(BROKER_KEY_FILE, "")
    if not path:
        return read_key(environ.get(BROKER_KEY), BROKER_KEY)
    if environ.get(BROKER_KEY):
        raise BrokerSettingError(BROKER_KEY_FILE, f"is set, and so is {BROKER_KEY}", "keep one of them")
    from openab_auth.oauth.config import SecretFileError, read_secret_file  # noqa: PLC0415 - few agents have a file

    try:
        return read_key(read_secret_file(path, environ), BROKER_KEY_FILE)
    except SecretFileError as error:
        todo = "put the key that `openab-auth key add` printed into a file that only root or this user may change"
        raise BrokerSettingError(BROKER_KEY_FILE, f"names a file that gives no key: it {error.reason}", todo) from None


def forget_broker(environ: MutableMapping[str, str]) -> None:
    """Remove the broker and its key from the environment of a child, which has the tokens that it may use."""
    for variable in (BROKER, BROKER_KEY, BROKER_KEY_FILE):
        environ.pop(variable, None)
