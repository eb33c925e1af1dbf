"""Keep a mirror until the process is stopped."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Final

from openab_auth.bot.mirror.endpoint import MirrorEndpoint
from openab_auth.bot.mirror.errors import MirrorError
from openab_auth.bot.mirror.file import MirrorFile
from openab_auth.bot.mirror.tokens import MirrorTokens
from openab_auth.oauth.runtime import Runtime
from openab_auth.oauth.tokens import TokenSource
from openab_auth.storage import in_thread
from openab_auth.storage.errors import OpenabAuthError, words_of

_REST: Final = 5.0  # seconds after a failure
_log: Final = logging.getLogger(__name__)


async def run_mirror(
    runtime: Runtime, file: MirrorFile, named: Sequence[str], ready: Callable[[MirrorEndpoint], None]
) -> None:
    """Keep `file` as a mirror of the runtime's store until this task is cancelled.

    `named` are the accounts in it; without them, every shared default is. `ready` is called after the first write.

    Raises:
        MirrorError: the file cannot be a mirror.
        OAuthError: a named account is unknown.
        StorageError: at the start, a store could not be read or written.
    """
    await in_thread(file.claim)
    try:
        async with runtime, TokenSource(runtime) as source:
            tokens = MirrorTokens(runtime, source, named)
            endpoint = MirrorEndpoint(tokens.current, runtime.clock)
            async with endpoint.listening():
                await _keep(runtime, file, tokens, endpoint, ready)
    finally:
        file.close()


async def _keep(
    runtime: Runtime,
    file: MirrorFile,
    tokens: MirrorTokens,
    endpoint: MirrorEndpoint,
    ready: Callable[[MirrorEndpoint], None],
) -> None:
    is_ready, told = False, ""
    while True:
        version = runtime.store.version()
        try:
            logins, seconds = await tokens.renew()
            addresses = {tenant: endpoint.address_of(tenant) for tenant in logins}
            await in_thread(file.write, logins, addresses)
            told = ""
        except OpenabAuthError as error:
            if not is_ready or isinstance(error, MirrorError):
                raise
            if told != words_of(error):
                _log.warning("the mirror %s could not be renewed: %s", file.path, words_of(error))
            told, seconds = words_of(error), _REST
        if not is_ready:
            is_ready = True
            ready(endpoint)
        await runtime.store.wait_for_change(version, seconds)
