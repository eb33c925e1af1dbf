"""The code of a device login, with its link, its polling interval and its end (RFC 8628 3.2)."""

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

INTERVAL: Final = 5.0  # seconds, if the vendor gives none
SHORTEST: Final = 1.0  # seconds between two polls, even if the vendor asks for less
LONGEST: Final = 60.0
_USER_CODE: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9 _.-]{0,38}[A-Za-z0-9])?")  # people type it; it holds no markup


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """The code of one device login; `interval` is in seconds, `expires_at` in unix seconds.

    `complete_uri` is the link that holds the code, if the vendor gives one.
    """

    device_code: Secret
    user_code: str
    verification_uri: str
    complete_uri: str | None
    interval: float
    expires_at: int

    @property
    def link(self) -> str:
        """Return the link that holds the code if there is one, otherwise the plain link."""
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
    """Read the code of a response; the standard's values replace a missing or absurd interval or lifetime.

    Raises:
        VendorUnavailableError: the response holds no usable code.
        VendorMisconfiguredError: its link is not safe to open.
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
        expires_at=int(now + min(lifetime, PENDING_LIFETIME)),  # every locked write removes older pending logins
    )


def read_interval(value: Json) -> float | None:
    """Return the seconds between two polls, within bounds; None if the response gives no usable number."""
    seconds = _seconds(value, 0.0)
    return min(max(seconds, SHORTEST), LONGEST) if seconds else None


def first_of(body: JsonObject, *names: str) -> Json:
    """Return the value under the first of these names that is in the body."""
    return next((body[name] for name in names if body.get(name) is not None), None)


def _seconds(value: Json, default: float) -> float:
    """Read a number above zero; some vendors write it as a text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return default
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return default
    return seconds if math.isfinite(seconds) and seconds > 0 else default
