"""Authorization codes and token families, with OAuth 2.1's rules. This module does no I/O."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

CODE_LIFETIME: Final = 600  # seconds; RFC 6749 section 4.1.2 allows at most ten minutes
INVALID_CLIENT: Final = "invalid_client"
INVALID_GRANT: Final = "invalid_grant"
UNSUPPORTED_GRANT_TYPE: Final = "unsupported_grant_type"


@dataclass(frozen=True, slots=True)
class RegisteredClient:
    """A public client and its only redirect address, which must match exactly."""

    client_id: str
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A valid authorization request (RFC 6749 section 4.1.1 with RFC 7636)."""

    client: RegisteredClient
    state: str
    challenge: str
    scopes: tuple[str, ...]


@dataclass(slots=True, eq=False)
class TokenFamily:
    """All tokens from one sign-in; they are revoked together (RFC 9700 section 4.14.2)."""

    client_id: str
    account: str
    scopes: tuple[str, ...]
    revoked: bool = False
    reuses: int = 0
    """The number of requests with a used code or refresh token of this family."""
    refreshes: int = 0
    refresh_token: str = ""
    """The valid refresh token; all other refresh tokens of the family are used."""
    forgiven: tuple[str, float] = ("", 0.0)
    """The last used refresh token, and the time until which it is accepted again."""
    access_tokens: dict[str, int] = field(default_factory=dict)
    """Expiry times in unix seconds, by access token."""
    email: str = ""
    """The account's e-mail address, if it differs from the account's `sub`."""


@dataclass(slots=True)
class _Code:
    request: AuthorizationRequest
    account: str
    ends_at: float
    family: TokenFamily | None = None


class OAuthError(Exception):
    """An OAuth error reply (RFC 6749 section 5.2)."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description
        self.status = status


class TokenFamilies:
    """Issue authorization codes and tokens, rotate refresh tokens, and revoke families."""

    def __init__(
        self, issuer: str, clients: Mapping[str, RegisteredClient], clock: Callable[[], float], access_lifetime: int
    ) -> None:
        self.families: list[TokenFamily] = []
        self.access_lifetime = access_lifetime
        self.rotates = True
        self.grace = 0.0
        """Seconds in which the server accepts a used refresh token again, as some vendors do."""
        self._issuer = issuer
        self._clients = clients
        self._clock = clock
        self._codes: dict[str, _Code] = {}
        self._refresh_tokens: dict[str, TokenFamily] = {}

    def code(self, request: AuthorizationRequest, account: str, *, expired: bool = False) -> str:
        """Issue a code after a person's consent; with `expired`, it is older than its ten minutes."""
        code = f"ac_{secrets.token_urlsafe(24)}"
        self._codes[code] = _Code(request, account, self._clock() + (0 if expired else CODE_LIFETIME))
        return code

    def token(self, fields: Mapping[str, str]) -> dict[str, object]:
        """Return the reply of the token endpoint.

        Raises:
            OAuthError: the request is refused; a reused code or token has revoked its family.
        """
        grant = fields.get("grant_type")
        client_id = fields.get("client_id", "")
        if client_id not in self._clients:
            raise OAuthError(INVALID_CLIENT, "this client is not registered", 401)
        if grant == "authorization_code":
            return self._exchange(fields, client_id)
        if grant == "refresh_token":
            return self.refresh(fields.get("refresh_token", ""), client_id)
        raise OAuthError(UNSUPPORTED_GRANT_TYPE, f"grant_type {grant!r} is not supported")

    def issue(self, client_id: str, account: str, scopes: tuple[str, ...]) -> dict[str, object]:
        """Issue the first tokens of a sign-in without a code."""
        family = TokenFamily(client_id, account, scopes)
        self.families.append(family)
        return self._issue(family)

    def revoke(self, token: str, client_id: str) -> bool:
        """Revoke the family of a refresh or access token; return False if it is unknown (RFC 7009 section 2.2)."""
        family = self._refresh_tokens.get(token) or self._family_of_access(token)
        if family is None or (client_id and family.client_id != client_id):
            return False
        family.revoked = True
        return True

    def expire(self) -> None:
        """Expire every access token now; refresh tokens stay valid."""
        for family in self.families:
            family.access_tokens.update(dict.fromkeys(family.access_tokens, int(self._clock())))

    def family_of(self, access_token: str) -> TokenFamily | None:
        """Return the family of a valid access token, or None."""
        family = self._family_of_access(access_token)
        if family is None or family.revoked or family.access_tokens[access_token] <= self._clock():
            return None
        return family

    def family_of_refresh(self, refresh_token: str) -> TokenFamily | None:
        """Return the family of a refresh token, even if the token is used or revoked."""
        return self._refresh_tokens.get(refresh_token)

    def tokens_of(self, family: TokenFamily) -> set[str]:
        """Return every token that the family ever had."""
        return {token for token, owner in self._refresh_tokens.items() if owner is family} | {*family.access_tokens}

    def _exchange(self, fields: Mapping[str, str], client_id: str) -> dict[str, object]:
        code = self._codes.get(fields.get("code", ""))
        if code is None or code.request.client.client_id != client_id:
            raise OAuthError(INVALID_GRANT, "this code is unknown")
        if code.family is not None:
            code.family.reuses += 1
            code.family.revoked = True
            raise OAuthError(INVALID_GRANT, "this code was already used; its tokens are revoked")
        if code.ends_at <= self._clock():
            raise OAuthError(INVALID_GRANT, "this code has expired")
        if fields.get("redirect_uri", code.request.client.redirect_uri) != code.request.client.redirect_uri:
            raise OAuthError(INVALID_GRANT, "redirect_uri differs from the authorization request")
        if not hmac.compare_digest(_challenge(fields.get("code_verifier", "")), code.request.challenge):
            raise OAuthError(INVALID_GRANT, "code_verifier does not match the challenge")
        code.family = TokenFamily(client_id, code.account, code.request.scopes)
        self.families.append(code.family)
        return self._issue(code.family)

    def refresh(self, token: str, client_id: str) -> dict[str, object]:
        """Rotate the refresh token, and return the next tokens of its family.

        Raises:
            OAuthError: the token is unknown, used or revoked; a used token has revoked its family.
        """
        family = self._refresh_tokens.get(token)
        if family is None or family.client_id != client_id:
            raise OAuthError(INVALID_GRANT, "this refresh token is unknown")
        forgiven, until = family.forgiven
        if token != family.refresh_token and not (token == forgiven and self._clock() < until):
            family.reuses += 1
            family.revoked = True
            raise OAuthError(INVALID_GRANT, "this refresh token was already used; the whole family is revoked")
        if family.revoked:
            raise OAuthError(INVALID_GRANT, "this login was revoked")
        family.refreshes += 1
        family.forgiven = (token, self._clock() + self.grace)
        return self._issue(family)

    def _issue(self, family: TokenFamily) -> dict[str, object]:
        access = f"at_{secrets.token_urlsafe(24)}"
        family.access_tokens[access] = int(self._clock()) + self.access_lifetime
        if self.rotates or not family.refresh_token:
            family.refresh_token = f"rt_{secrets.token_urlsafe(24)}"
            self._refresh_tokens[family.refresh_token] = family
        reply: dict[str, object] = {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": self.access_lifetime,
            "refresh_token": family.refresh_token,
            "scope": " ".join(family.scopes),
        }
        if "openid" in family.scopes:
            reply["id_token"] = self._id_token(family)
        return reply

    def _id_token(self, family: TokenFamily) -> str:
        """Return claims without a signature (`alg` none); the client receives them from the token endpoint directly."""
        now = int(self._clock())
        claims = {
            "iss": self._issuer,
            "aud": family.client_id,
            "sub": family.account,
            "email": family.email or family.account,
            "iat": now,
            "exp": now + self.access_lifetime,
        }
        return f"{_segment({'alg': 'none', 'typ': 'JWT'})}.{_segment(claims)}."

    def _family_of_access(self, token: str) -> TokenFamily | None:
        return next((family for family in self.families if token in family.access_tokens), None)


def _challenge(verifier: str) -> str:
    """Return the S256 challenge of a verifier (RFC 7636 section 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _segment(value: Mapping[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
