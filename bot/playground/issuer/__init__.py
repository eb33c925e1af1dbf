"""An embedded OAuth 2.1 authorization server on loopback that rotates refresh tokens and punishes their reuse."""

from openab_auth.bot.playground.issuer.browser import SignInRefusedError
from openab_auth.bot.playground.issuer.faults import Fault, Faults
from openab_auth.bot.playground.issuer.grants import Client, Family
from openab_auth.bot.playground.issuer.record import RequestSeen
from openab_auth.bot.playground.issuer.server import CLIENT_ID, REDIRECT_URI, Issuer
from openab_auth.bot.playground.issuer.threaded import ThreadedIssuer

__all__ = [
    "CLIENT_ID",
    "REDIRECT_URI",
    "Client",
    "Family",
    "Fault",
    "Faults",
    "Issuer",
    "RequestSeen",
    "SignInRefusedError",
    "ThreadedIssuer",
]
