"""The file of a backup: whole, private, never replaced, and refused when it is not what was written."""

from __future__ import annotations

import json
import os
import stat
import time
from hashlib import sha256
from pathlib import Path
from unittest.mock import patch

import pytest

from openab_auth.storage import FileStore, Secret
from openab_auth.storage.backups.backup_file import Sealed, read_backup
from openab_auth.storage.backups.errors import (
    BackupDamagedError,
    BackupError,
    BackupExistsError,
    BackupNotOursError,
    BackupPlaceError,
    BackupSealedError,
    BackupTooNewError,
    NoBackupError,
    NothingToBackUpError,
    StoreDamagedError,
)
from openab_auth.storage.backups.restoring import opened
from openab_auth.storage.errors import StoreUnreadableError, StoreUnwritableError, UnknownStoreKeyError
from openab_auth.storage.postgres.sealed.keys import StoreKeys, new_key
from tests.storage.backups.grounds import Ground
from tests.storage.copying.stores import fill
from tests.storage.disks import filled
from tests.storage.entries import CANARY, put, token
from tests.support.postgres.server import Server
from tests.support.postgres.stores import make_store, settings_of


def sealed_backup(ground: Ground) -> Path:
    ground.store.update(put("codex", token(value=CANARY, refresh_token=Secret(CANARY))))
    return ground.back_up()


def test_a_backup_is_for_its_owner_alone_and_never_replaced(ground: Ground) -> None:
    fill(ground.store, int(time.time()))
    os.umask(before := os.umask(0))
    path = ground.back_up()
    os.umask(before)
    written = path.read_bytes()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(BackupExistsError):
        ground.taken(path)
    assert path.read_bytes() == written
    assert list(ground.folder.glob("*.tmp.*")) == []


def test_a_backup_changes_nothing_in_the_store(ground: Ground) -> None:
    before = fill(ground.store, int(time.time()))

    backup = read_backup(ground.back_up())

    assert ground.contents() == before
    assert backup.logins == 4
    if not isinstance(backup.contents, Sealed):
        assert backup.contents == before


def test_a_backup_of_an_encrypted_store_shows_no_token(in_database: Ground) -> None:
    path = sealed_backup(in_database)

    assert CANARY not in path.read_text()
    assert read_backup(path).key_id == "2026-11"
    with pytest.raises(BackupSealedError, match="2026-11"):
        Ground(FileStore(in_database.folder / "auth.json"), in_database.folder).restore(path)
    assert not (in_database.folder / "auth.json").exists()


def test_a_backup_needs_the_key_that_it_names(in_database: Ground) -> None:
    path = sealed_backup(in_database)
    in_database.lose()
    assert in_database.settings is not None
    backup = read_backup(path)
    assert isinstance(backup.contents, Sealed)

    with pytest.raises(UnknownStoreKeyError, match="2026-11"):
        opened(in_database.settings._replace(keys=StoreKeys({"other": new_key()})), path, backup, backup.contents)


def test_a_backup_is_restored_into_a_new_database(
    in_database: Ground, postgres: Server, schema: str, tmp_path: Path
) -> None:
    path = sealed_backup(in_database)
    store = make_store(postgres, f"{schema}_new", tmp_path / "journal2", max_staleness=0.0)
    settings = settings_of(postgres.url("rows"), f"{schema}_new", tmp_path / "journal2", max_staleness=0.0)
    ground = Ground(store, tmp_path, settings)

    assert ground.restore(path, replace=False).waiting == ("codex",)

    ground.adopt()
    assert ground.posted() == {CANARY}
    ground.close()


@pytest.mark.parametrize("at", [0.1, 0.5, 0.99])
def test_a_changed_byte_is_noticed(ground: Ground, at: float) -> None:
    fill(ground.store, int(time.time()))
    path = ground.back_up()
    before = ground.contents()
    data = bytearray(path.read_bytes())
    data[int(at * len(data))] ^= 1
    path.write_bytes(data)

    with pytest.raises(BackupDamagedError, match="checksum"):
        ground.restore(path)
    assert ground.contents() == before


def test_a_backup_that_was_cut_off_is_noticed(in_file: Ground) -> None:
    fill(in_file.store, int(time.time()))
    path = in_file.back_up()
    whole = path.read_bytes()
    for length in (len(whole) - 1, len(whole) // 2, 90, 20):
        path.write_bytes(whole[:length])
        with pytest.raises(BackupDamagedError):
            in_file.restore(path)


@pytest.mark.parametrize("text", [b"", b"{}", b"\x1f\x8b\x00", b'{"codex": {"access_token": "canary"}}', b"-" * 10**6])
def test_another_file_is_refused_without_quoting_it(in_file: Ground, text: bytes) -> None:
    path = in_file.folder / "foreign"
    path.write_bytes(text)

    with pytest.raises(NoBackupError) as error:
        in_file.restore(path)
    assert "canary" not in str(error.value)


def test_a_later_format_is_named(in_file: Ground) -> None:
    fill(in_file.store, int(time.time()))
    path = in_file.back_up()
    path.write_bytes(path.read_bytes().replace(b"openab-auth-backup 1 ", b"openab-auth-backup 2 "))

    with pytest.raises(BackupTooNewError, match="format 2"):
        in_file.restore(path)


def test_a_file_that_others_may_change_is_refused(in_file: Ground) -> None:
    fill(in_file.store, int(time.time()))
    path = in_file.back_up()
    path.chmod(0o620)

    with pytest.raises(BackupNotOursError, match="chmod 600"):
        in_file.restore(path)


def test_a_file_of_another_user_is_refused(in_file: Ground) -> None:
    fill(in_file.store, int(time.time()))
    path = in_file.back_up()

    with (
        patch("openab_auth.storage.backups.backup_file.os.geteuid", return_value=4711),
        patch("openab_auth.storage.backups.backup_file._ROOT", 4712),
        pytest.raises(BackupNotOursError, match=f"belongs to uid {path.stat().st_uid}"),
    ):
        read_backup(path)


def forged(path: Path, **members: object) -> None:
    """Change members of a backup, and correct its checksum."""
    body = json.dumps(json.loads(path.read_bytes().partition(b"\n")[2]) | members).encode()
    path.write_bytes(f"openab-auth-backup 1 sha256:{sha256(body).hexdigest()}\n".encode() + body)


@pytest.mark.parametrize("made_at", [float("inf"), float("nan"), -1e14, -1, 1e18, 2**40, "1", None])
def test_a_time_that_is_none_is_damage(in_file: Ground, made_at: object) -> None:
    fill(in_file.store, int(time.time()))
    path = in_file.back_up()
    before = in_file.contents()
    forged(path, made_at=made_at)

    with pytest.raises(BackupDamagedError):
        in_file.restore(path)
    assert in_file.contents() == before


@pytest.mark.parametrize("tenant", ["../x", "a/b", "nul\0", "x" * 300])
def test_a_login_with_a_name_that_no_store_can_hold_is_damage(in_file: Ground, tenant: str) -> None:
    fill(in_file.store, int(time.time()))
    path = in_file.back_up()
    contents = json.loads(path.read_bytes().partition(b"\n")[2])["contents"]
    entries = json.loads(contents["entries"])
    forged(path, contents=contents | {"entries": json.dumps({tenant: entries["codex"]})})

    with pytest.raises(BackupDamagedError):
        in_file.restore(path)
    assert in_file.is_open()  # nothing waits beside the store


def test_a_missing_backup_and_a_folder_are_unreadable(in_file: Ground) -> None:
    for path in (in_file.folder / "nowhere", in_file.folder):
        with pytest.raises(StoreUnreadableError):
            in_file.restore(path)


def test_nothing_is_backed_up_when_the_store_is_not_there(ground: Ground) -> None:
    with pytest.raises(NothingToBackUpError):
        ground.back_up()


def test_a_damaged_store_makes_no_backup_that_lacks_a_login(in_file: Ground) -> None:
    fill(in_file.store, int(time.time()))
    place = in_file.folder / "agent/auth.json"
    entries = json.loads(place.read_text())
    place.write_text(json.dumps({**entries, "broken": {"access_token": "x"}}))
    before = place.read_bytes()

    with pytest.raises(StoreDamagedError, match="broken"):
        in_file.taken(in_file.folder / "b")
    assert not (in_file.folder / "b").exists()
    assert place.read_bytes() == before


def test_a_damaged_row_makes_no_backup_that_lacks_a_login(in_database: Ground, postgres: Server, schema: str) -> None:
    fill(in_database.store, int(time.time()))
    postgres.execute(f"UPDATE {schema}.entries SET entry = 'x' WHERE key = 'codex'")

    with pytest.raises(StoreDamagedError, match="codex"):
        in_database.taken(in_database.folder / "b")
    assert not (in_database.folder / "b").exists()


def test_a_backup_is_no_file_of_the_store(in_file: Ground) -> None:
    fill(in_file.store, int(time.time()))

    for name in ("auth.json.backup", "old-auth.json", "auth.json.restored"):
        with pytest.raises(BackupPlaceError):
            in_file.taken(in_file.folder / "agent" / name)
    in_file.taken(in_file.folder / "agent/monday.backup")


def test_a_full_disk_leaves_no_half_backup(in_file: Ground, disk: Path) -> None:
    fill(in_file.store, int(time.time()))

    with filled(disk), pytest.raises(StoreUnwritableError):
        in_file.taken(disk / "b")
    assert list(disk.iterdir()) == []


def test_every_error_says_what_was_kept(in_file: Ground) -> None:
    assert all(error.__doc__ for error in BackupError.__subclasses__())
    assert str(NoBackupError("x")).count("; ") == 2
