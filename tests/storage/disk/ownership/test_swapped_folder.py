"""A user replaces a folder by a link between two steps of root: root removes and renames nothing of another user."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from openab_auth.storage import journal
from openab_auth.storage.file.leftovers import quarantine, temporary_files
from tests.storage.entries import token
from tests.storage.processes import NOBODY

OTHER = NOBODY - 1
SPILL, TEMPORARY, CORRUPT = "auth.json.spill.lab", "auth.json.tmp.1.1", "auth.json.corrupt-1"


def discard(place: Path) -> None:
    found = place.stat()
    spill = journal.Spill("lab", token(), (), None, (found.st_ino, found.st_mtime_ns))
    journal.discard(place.with_name("auth.json"), spill)


@pytest.mark.parametrize(
    ("step", "name"),
    [
        (temporary_files.erase, SPILL),
        (temporary_files.erase, TEMPORARY),
        (quarantine.name_uncleared, CORRUPT),
        (discard, SPILL),
    ],
    ids=["a spill of an ended login", "a temporary file", "a kept file", "a committed spill"],
)
@pytest.mark.parametrize("names", [1, 2], ids=["", "with another name"])
def test_root_touches_no_file_behind_a_users_link(
    public_path: Path, step: Callable[[Path], object], name: str, names: int
) -> None:
    if os.geteuid() != 0:
        return  # whoever is not root reaches no other user's files
    os.chown(public_path.parent, NOBODY, NOBODY)
    others = public_path.parent.parent / "others"
    others.mkdir()
    file = others / name
    file.write_text("a token of another user")
    for place in (others, file):
        os.chown(place, OTHER, OTHER)
    if names > 1:
        file.with_name("second").hardlink_to(file)
    link = public_path.parent / "agent"
    link.symlink_to(others)
    os.lchown(link, NOBODY, NOBODY)

    step(link / name)

    assert file.read_text() == "a token of another user"
