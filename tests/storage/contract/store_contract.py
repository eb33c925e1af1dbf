"""The promises of every backend: its test class inherits this and gives a `store`."""

from __future__ import annotations

from tests.storage.contract.entries import EntryContract
from tests.storage.contract.records import RecordContract
from tests.storage.contract.spills import SpillContract
from tests.storage.contract.timed_leases import TimedLeaseContract


class StoreContract(EntryContract, RecordContract, SpillContract, TimedLeaseContract):
    """Inherit the promises about entries, about records, about spilled logins and about leases that lapse."""
