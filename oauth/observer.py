"""What a process may tell an observer about its logins, for metrics. The floors below the application know no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from openab_auth.storage.commit.timing import CommitObserver

if TYPE_CHECKING:
    from openab_auth.oauth.vendors import VendorName


class RefreshReport(NamedTuple):
    """One refresh: the name in the vendor's row, its seconds, and its error if it failed.

    `vendor` is None if no row describes the login. `adopted` says that another process had renewed the login.
    """

    vendor: VendorName | None
    seconds: float
    adopted: bool
    error: Exception | None


class Observer(CommitObserver, Protocol):
    """Is told about commits and refreshes of this process, after each; it must be quick and raise nothing."""

    def refreshed(self, report: RefreshReport) -> None:
        """Take the report of one refresh."""
        ...
