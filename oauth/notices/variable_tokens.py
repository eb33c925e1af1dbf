"""Read the ends of the tokens that the environment holds in variables; nothing of a token leaves this module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from openab_auth.oauth.client import jwt_claims
from openab_auth.oauth.config import environment_value
from openab_auth.storage.secret import Secret

if TYPE_CHECKING:
    from openab_auth.oauth.vendors import Catalogue
    from openab_auth.storage import Json, Tenant

_LATEST = 2**63  # unix seconds


class VariableToken(NamedTuple):
    """A token in a variable, whose end is known; times are unix seconds. Only the hash of the token is kept."""

    tenant: Tenant
    variable: str
    fingerprint: str
    ends_at: int
    made_at: int | None


def tokens_in_variables(catalogue: Catalogue, environ: Mapping[str, str]) -> tuple[VariableToken, ...]:
    """Return the tokens in the variables that agents use and that say when they end: those that are JWTs with `exp`."""
    found = (
        _token_in(vendor.tenant, variable, environment_value(environ, variable))
        for vendor, variable in catalogue.variables_in_use()
    )
    return tuple(token for token in found if token is not None)


def _token_in(tenant: Tenant, variable: str, value: str) -> VariableToken | None:
    claims = jwt_claims(value)
    ends_at = _time(claims.get("exp"))
    if ends_at is None:
        return None
    return VariableToken(tenant, variable, Secret(value).fingerprint(), ends_at, _time(claims.get("iat")))


def _time(claim: Json) -> int | None:
    if isinstance(claim, bool) or not isinstance(claim, int | float) or not 0 < claim < _LATEST:
        return None
    return int(claim)
