"""Copies that end before they are done."""

from __future__ import annotations

import pytest

from openab_auth.storage.contents import has_refresh_token
from tests.storage.copying.stores import Ground, Interrupter, Interruption


def interrupt(stores: Ground, at: int) -> None:
    with Interrupter(at).active(), pytest.raises(Interruption):
        stores.copy()


def renewable(stores: Ground) -> set[str]:
    return {key for key, entry in stores.source.read().items() if has_refresh_token(entry)}


def interrupt_after_filling(stores: Ground) -> None:
    """End the copy when the target has been filled once, and the source is still whole."""
    interrupt(stores, at=5 if stores.to_file else 9)
    assert renewable(stores)
    assert not stores.is_open()
