"""The promises of every backend: its test class inherits this and gives a `store`."""

from __future__ import annotations

from tests.storage.contract.entries import EntryContract
from tests.storage.contract.records import RecordContract
from tests.storage.contract.spills import SpillContract


class StoreContract(EntryContract, RecordContract, SpillContract):
    """Inherit the promises about entries, about records and about spilled logins."""
