"""Gives a failure its incident id, under which its person, the log and the audit log speak of it."""

from __future__ import annotations

import secrets
from typing import Final

from openab_auth.oauth.errors import (
    ExchangeRefusedError,
    LoginDeniedError,
    LoginNotStoredError,
    NetworkVariableError,
    PasteRefusedError,
    PlanMissingError,
    UnknownVendorError,
    VendorMisconfiguredError,
    VendorUnavailableError,
)
from openab_auth.storage.errors import OpenabAuthError, StorageError

_FOR_OPERATOR: Final = (StorageError, LoginNotStoredError, NetworkVariableError, VendorMisconfiguredError)
_ATTRIBUTE: Final = "incident"


def new_incident() -> str:
    """Return a new incident id."""
    return secrets.token_hex(4)


def incident_of(error: BaseException) -> str:
    """Return the incident id of a failure; it stays with the exception, whoever asks first."""
    known = getattr(error, _ATTRIBUTE, None)
    if isinstance(known, str):
        return known
    incident = new_incident()
    setattr(error, _ATTRIBUTE, incident)
    return incident


def has_incident(error: BaseException) -> bool:
    """Return whether the person gets an incident id with the answer to this failure."""
    if not isinstance(error, OpenabAuthError):
        return isinstance(error, Exception)
    return only_operator_can_mend(error) or is_shortened(error)


def only_operator_can_mend(error: OpenabAuthError) -> bool:
    """Return whether this is a fault of the machine or the config; a decision of the operator is none."""
    if type(error) is UnknownVendorError:
        return not error.offered
    return isinstance(error, _FOR_OPERATOR) and not isinstance(error, PlanMissingError)


def is_shortened(error: OpenabAuthError) -> bool:
    """Return whether the person is not told the vendor's own words, which the log gets."""
    match error:
        case PasteRefusedError():
            return error.reason == "denied"
        case _:
            return isinstance(
                error, ExchangeRefusedError | VendorUnavailableError | LoginDeniedError | PlanMissingError
            )
