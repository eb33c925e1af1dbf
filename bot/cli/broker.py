"""Find the broker that the environment names: commands of agents then get their tokens there."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, MutableMapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from openab_auth.oauth.tokens.broker import BrokerTokenSource

BROKER: Final = "OPENAB_AUTH_BROKER"
BROKER_KEY: Final = "OPENAB_AUTH_BROKER_KEY"


def broker_source(arguments: argparse.Namespace, environ: Mapping[str, str] = os.environ) -> BrokerTokenSource | None:
    """Return a source at the broker that the environment names; None if it names none, or for `--store`.

    `--store` counts first, because a person typed it.

    Raises:
        BrokerSettingError: the address or the key is unusable.
        ThreadIdError: what names the thread is no id.
    """
    address = environ.get(BROKER, "")
    if not address or arguments.store:
        return None
    from openab_auth.oauth.tokens.broker import BrokerTokenSource, read_address, read_key  # noqa: PLC0415 - httpx2

    key = read_key(environ.get(BROKER_KEY), BROKER_KEY)
    return BrokerTokenSource(read_address(address, BROKER), key, environ, thread=arguments.thread)


def forget_broker(environ: MutableMapping[str, str]) -> None:
    """Remove the broker and its key from the environment of a child, which has the tokens that it may use."""
    for variable in (BROKER, BROKER_KEY):
        environ.pop(variable, None)
