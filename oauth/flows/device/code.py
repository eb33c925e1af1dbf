"""What a device login shows and waits by: the code, the link, the interval and the end (RFC 8628 3.2)."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

from openab_auth.oauth.client import CHECK_TABLE, JsonObject, OAuthClient, is_token
from openab_auth.oauth.errors import VendorMisconfiguredError, VendorUnavailableError
from openab_auth.oauth.http import why_unsafe
from openab_auth.storage.entries import PENDING_LIFETIME, Json
from openab_auth.storage.secret import Secret

INTERVAL: Final = 5.0  # seconds, where the vendor names none
SHORTEST: Final = 1.0  # seconds between two polls, whatever it names
LONGEST: Final = 60.0
_USER_CODE: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9 _.-]{0,38}[A-Za-z0-9])?")  # people type it, and it is no markup


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """One device login that waits for its approval; `interval` in seconds, `expires_at` in unix seconds.

    `complete_uri` is the link that has the code in it, where the vendor gives one.
    """

    device_code: Secret
    user_code: str
    verification_uri: str
    complete_uri: str | None
    interval: float
    expires_at: int

    @property
    def link(self) -> str:
        """The link that asks least of the person."""
        return self.complete_uri or self.verification_uri


def read_code(  # noqa: PLR0913  # the names differ from vendor to vendor, the checks do not
    client: OAuthClient,
    *,
    device_code: Json,
    user_code: Json,
    uri: Json,
    complete_uri: Json = None,
    interval: Json = None,
    expires_in: Json = None,
    now: float,
) -> DeviceCode:
    """The code in a reply; an interval or a lifetime that is missing or absurd is replaced by the standard's.

    Raises:
        VendorUnavailableError: there is no code in it.
        VendorMisconfiguredError: it leads to a page that is not safe to open.
    """
    if not (isinstance(device_code, str) and is_token(device_code)):
        raise VendorUnavailableError(client.name, "a reply without a usable device code")
    if not (isinstance(user_code, str) and _USER_CODE.fullmatch(user_code)):
        raise VendorUnavailableError(client.name, "a reply without a code that a person could type")
    if not isinstance(uri, str) or not uri or why_unsafe(uri):
        raise VendorMisconfiguredError(client.name, "the page for its code is no https address", CHECK_TABLE)
    lifetime = _seconds(expires_in, PENDING_LIFETIME)
    return DeviceCode(
        device_code=Secret(device_code),
        user_code=user_code,
        verification_uri=uri,
        complete_uri=complete_uri if isinstance(complete_uri, str) and why_unsafe(complete_uri) is None else None,
        interval=read_interval(interval) or INTERVAL,
        expires_at=int(now + min(lifetime, PENDING_LIFETIME)),  # every locked write sweeps what is older
    )


def read_interval(value: Json) -> float | None:
    """Seconds between two polls, within bounds; None when the reply names none that makes sense."""
    seconds = _seconds(value, 0.0)
    return min(max(seconds, SHORTEST), LONGEST) if seconds else None


def first_of(reply: JsonObject, *names: str) -> Json:
    """The first of these members that is there."""
    return next((reply[name] for name in names if reply.get(name) is not None), None)


def _seconds(value: Json, default: float) -> float:
    """A number above zero, which some vendors write as a text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return default
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return default
    return seconds if math.isfinite(seconds) and seconds > 0 else default
