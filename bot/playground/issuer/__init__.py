"""An embedded OAuth 2.1 authorization server on loopback; it rotates refresh tokens and revokes a login on reuse."""

from openab_auth.bot.playground.issuer.api_keys import KEY_CHECK
from openab_auth.bot.playground.issuer.browser import SignInRefusedError, decide, decide_device, make_key
from openab_auth.bot.playground.issuer.devices import Device
from openab_auth.bot.playground.issuer.request_log import ReceivedRequest
from openab_auth.bot.playground.issuer.server import CLIENT_ID, REDIRECT_URI, Issuer
from openab_auth.bot.playground.issuer.threaded import ThreadedIssuer
from openab_auth.bot.playground.issuer.token_families import RegisteredClient, TokenFamily

__all__ = [
    "CLIENT_ID",
    "KEY_CHECK",
    "REDIRECT_URI",
    "Device",
    "Issuer",
    "ReceivedRequest",
    "RegisteredClient",
    "SignInRefusedError",
    "ThreadedIssuer",
    "TokenFamily",
    "decide",
    "decide_device",
    "make_key",
]
