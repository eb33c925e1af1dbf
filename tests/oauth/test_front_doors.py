from __future__ import annotations

import importlib

import pytest

ROOMS = ("client", "config", "errors", "http", "paste", "vendors")


@pytest.mark.parametrize("room", ROOMS)
def test_every_public_name_of_a_room_can_be_imported_and_no_other(room: str) -> None:
    door = importlib.import_module(f"openab_auth.oauth.{room}")

    assert [name for name in door.__all__ if getattr(door, name, None) is None] == []
    assert len(set(door.__all__)) == len(door.__all__)
    with pytest.raises(AttributeError, match="Nothing"):
        _ = door.Nothing
