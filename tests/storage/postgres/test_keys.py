"""The keys of a store: where they are read from, and what is said about those that cannot be used."""

from __future__ import annotations

import base64
import os
import traceback
from pathlib import Path

import pytest

from openab_auth.storage.errors import StoreKeyError
from openab_auth.storage.postgres.sealed.keys import StoreKeys, new_key
from openab_auth.storage.secret import Secret

KEY = new_key()
ENVIRON = {"KEY": f"{KEY.reveal()}\n"}
CANARY = base64.b64encode(b"canary" * 5).decode()  # 30 bytes


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "key"
    file.write_text(f"{KEY.reveal()}\n")
    file.chmod(0o444)
    return file


def test_a_key_is_read_from_a_variable_or_a_file(file: Path) -> None:
    keys = StoreKeys.parse(["2026-11=env:KEY", f"2026-05=file:{file}"], ENVIRON)

    assert (keys.first, keys.ids) == ("2026-11", ("2026-11", "2026-05"))
    assert keys.get("2026-11") == keys.get("2026-05") == KEY
    assert keys.get("other") is None


def test_a_link_to_a_file_is_followed(file: Path, tmp_path: Path) -> None:
    """Kubernetes mounts each key of a secret as a link."""
    (tmp_path / "link").symlink_to(file)

    assert StoreKeys.parse([f"a=file:{tmp_path}/link"], {}).get("a") == KEY


def test_a_new_key_is_a_key() -> None:
    assert StoreKeys.parse(["a=env:NEW"], {"NEW": new_key().reveal()}).ids == ("a",)
    assert new_key() != new_key()


@pytest.mark.parametrize(
    ("texts", "key_id", "said"),
    [
        ([], "", "is empty"),
        (["a=env:KEY", "a=env:KEY"], "a", "id of another key"),
        (["a=env:OTHER"], "a", "variable OTHER, which is not set"),
        (["a=env:"], "a", "does not say where"),
        ([f"a={CANARY}"], "a", "does not say where"),
        ([f"{KEY.reveal()}"], "", "number 1 "),
        ([f"{KEY.reveal()}=env:KEY"], "", "number 1 "),
        (["a=env:KEY", "=env:KEY"], "", "number 2 "),
        (["a b=env:KEY"], "", "number 1 "),
        (["a=env:SHORT"], "a", "is not 32 bytes in base64.*store new-key"),
        (["a=env:NO"], "a", "is not 32 bytes in base64"),
        (["a=file:key"], "a", "relative path"),
        (["a=file:/nowhere/key"], "a", "No such file"),
        (["a=file:/dev/zero"], "a", "not a regular file"),
    ],
)
def test_a_key_that_cannot_be_used_is_named_and_never_shown(texts: list[str], key_id: str, said: str) -> None:
    with pytest.raises(StoreKeyError, match=said) as caught:
        StoreKeys.parse(texts, {**ENVIRON, "SHORT": CANARY, "NO": f"{CANARY}!"})

    assert caught.value.key_id == key_id
    text = "".join(traceback.format_exception(caught.value))
    assert CANARY not in text
    assert KEY.reveal() not in text


@pytest.mark.parametrize("mode", [0o664, 0o646, 0o666])
def test_a_file_that_others_can_change_is_refused(file: Path, mode: int) -> None:
    file.chmod(mode)

    with pytest.raises(StoreKeyError, match="other users can change it"):
        StoreKeys.parse([f"a=file:{file}"], {})


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_refused(file: Path) -> None:
    os.chown(file, 4321, -1)

    with pytest.raises(StoreKeyError, match="belongs to another user"):
        StoreKeys.parse([f"a=file:{file}"], {})


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"a" * 5000, CANARY.encode()])
def test_a_file_without_a_key_is_refused(file: Path, content: bytes) -> None:
    file.chmod(0o600)
    file.write_bytes(content)

    with pytest.raises(StoreKeyError) as caught:
        StoreKeys.parse([f"a=file:{file}"], {})

    assert caught.value.key_id == "a"
    assert CANARY not in str(caught.value)


def test_a_fifo_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "key")

    with pytest.raises(StoreKeyError, match="not a regular file"):
        StoreKeys.parse([f"a=file:{tmp_path}/key"], {})


def test_the_repr_shows_the_ids_alone() -> None:
    assert repr(StoreKeys({"a": Secret(CANARY), "b": KEY})) == "StoreKeys(a, b)"
