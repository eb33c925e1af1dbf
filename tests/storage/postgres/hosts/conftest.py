"""A vendor for the agents of several hosts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from openab_auth.bot.playground.issuer import ThreadedIssuer
from tests.storage.postgres.hosts.agents import Vendor


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with ThreadedIssuer.listening() as issuer:
        yield Vendor(issuer)
