"""A room's `__init__` is its front door: every name that it promises is there."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import pytest

DOORS = ["entries", "mcp", "mcp.discovery", "mcp.registration", "tokens"]


@pytest.mark.parametrize("room", DOORS)
def test_every_promised_name_is_imported_when_it_is_asked_for(room: str) -> None:
    door = import_module(f"openab_auth.oauth.{room}")
    for name in door.__all__:
        assert getattr(door, name) is not None
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = door.no_such_name


@pytest.mark.parametrize("room", DOORS)
def test_no_promised_name_is_also_a_modules_name(room: str) -> None:
    """Python sets an imported module on its package, and would hide a function of the same name."""
    door = import_module(f"openab_auth.oauth.{room}")
    assert not {module.name for module in pkgutil.iter_modules(door.__path__)} & set(door.__all__)
