from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("client", "config", "errors", "http", "paste", "vendors")


@pytest.mark.parametrize("room", ROOMS)
def test_every_public_name_of_a_room_can_be_imported_and_no_other(room: str) -> None:
    door = importlib.import_module(f"openab_auth.oauth.{room}")

    assert [name for name in door.__all__ if getattr(door, name, None) is None] == []
    assert len(set(door.__all__)) == len(door.__all__)
    with pytest.raises(AttributeError, match="Nothing"):
        _ = door.Nothing


@pytest.mark.parametrize("room", ROOMS)
def test_no_public_name_of_a_room_is_also_a_module(room: str) -> None:
    """Python sets an imported module on its package, and would hide a function of the same name."""
    door = importlib.import_module(f"openab_auth.oauth.{room}")

    assert not {module.name for module in pkgutil.iter_modules(door.__path__)} & {*door.__all__}


def test_a_front_door_imports_nothing_before_a_name_is_asked_for() -> None:
    program = (
        "import sys; import openab_auth.oauth.client, openab_auth.oauth.vendors, openab_auth.oauth.config\n"
        "print({'httpx2', 'authlib', 'tomllib', 'typing'} & {*sys.modules} - set(before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; before = [*sys.modules]; {program}"],
        env={"PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
        text=True,
    )

    assert done.stdout.strip() == "set()"
