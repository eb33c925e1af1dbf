"""A secret in a file of its own, as systemd, Kubernetes and Docker hand it to a program."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from openab_auth.oauth.config import SecretFileError, read_secret_file
from openab_auth.storage import Secret
from tests.support.mounts import mounted

CANARY = "canary-s3cret"
SOMEBODY = 54_321
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away and becomes another user")


def write(file: Path, content: bytes = CANARY.encode(), mode: int = 0o600) -> Path:
    file.write_bytes(content)
    file.chmod(mode)
    return file


def refused(path: str, *, file: str = "") -> str:
    """Return why the file gives no secret; the error holds nothing of its content."""
    with pytest.raises(SecretFileError) as caught:
        read_secret_file(path, {"HOME": "/nowhere"}, file=file)
    error: BaseException | None = caught.value
    while error is not None:
        assert CANARY not in f"{error!r} {error.args} {vars(error)}"
        error = error.__context__
    return caught.value.reason


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b" \n\n"])
def test_blanks_and_line_ends_around_the_secret_are_no_part_of_it(end: bytes, tmp_path: Path) -> None:
    file = write(tmp_path / "token", b"\xef\xbb\xbf" + CANARY.encode() + end)

    assert read_secret_file(str(file), {}) == Secret(CANARY)


def test_a_relative_path_starts_at_the_folder_of_the_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    write(tmp_path / "token")

    assert read_secret_file("token", {}, file=str(tmp_path / "config.toml")) == Secret(CANARY)
    assert read_secret_file("~/token", {"HOME": str(tmp_path)}) == Secret(CANARY)


def test_without_a_config_a_relative_path_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "token")
    monkeypatch.chdir(tmp_path)

    assert refused("token") == "must be an absolute path"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (f"{CANARY}\nsecond".encode(), "holds more than one line, or control characters"),
        (f"{CANARY}\0".encode(), "holds more than one line, or control characters"),
        (CANARY.encode() + b"\xff", "is not UTF-8"),
        (CANARY.encode() * 10_000, "is larger than 65536 bytes"),
    ],
    ids=["nothing", "blanks", "two lines", "a zero byte", "latin", "large"],
)
def test_a_file_without_one_secret_is_refused_and_not_quoted(content: bytes, said: str, tmp_path: Path) -> None:
    assert refused(str(write(tmp_path / "token", content))) == said


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    assert refused(str(tmp_path / "missing")) == "cannot be read (No such file or directory)"
    assert refused(str(tmp_path)) == "is a folder, not a file"


def test_a_file_that_others_can_write_is_refused(tmp_path: Path) -> None:
    assert "run `chmod go-w" in refused(str(write(tmp_path / "token", mode=0o646)))


def kubernetes_secret(volume: Path, group: int) -> Path:
    """Make the volume of a Secret as the kubelet does for a pod with `fsGroup`, and return the path of the secret."""
    volume.mkdir()
    os.chown(volume, 0, group)
    volume.chmod(0o3777)
    data = volume / "..2026_11_27_21_00_00.123456789"
    data.mkdir()
    os.chown(data, 0, group)
    data.chmod(0o2755)
    file = write(data / "discord-token", CANARY.encode() + b"\n", 0o440)
    os.chown(file, 0, group)
    (volume / "..data").symlink_to(data.name)
    (volume / "discord-token").symlink_to("..data/discord-token")
    return volume / "discord-token"


READ = """
import os, sys
from openab_auth.oauth.config import read_secret_file
from openab_auth.oauth.config import trusted_file  # before the interpreter's own files are closed to this process
group = int(sys.argv[2])
os.setgroups([]); os.setgid(group); os.setuid(54321)
print(read_secret_file(sys.argv[1], {"HOME": "/nowhere"}).reveal())
"""


def read_as(token: Path, group: int) -> subprocess.CompletedProcess[str]:
    """Read a secret in a process of a user who is in this group alone."""
    return subprocess.run(
        [sys.executable, "-c", READ, str(token), str(group)], check=False, capture_output=True, text=True
    )


@as_root
def test_a_kubernetes_secret_is_read_by_a_user_who_is_only_in_the_group() -> None:
    volume = Path("/run") / f"openab-auth-test-{os.getpid()}"  # pytest's folder is closed to other users
    try:
        token = kubernetes_secret(volume, SOMEBODY)
        done, stranger = read_as(token, SOMEBODY), read_as(token, SOMEBODY + 1)
    finally:
        subprocess.run(["rm", "-r", volume], check=True)

    assert (done.stdout, done.stderr) == (f"{CANARY}\n", "")
    assert "cannot be read (Permission denied)" in stranger.stderr


@as_root
def test_a_read_only_mount_is_trusted_whatever_its_mode(tmp_path: Path) -> None:
    place, source = tmp_path / "run", tmp_path / "secrets"
    for folder in (place, source):
        folder.mkdir()
    write(source / "token", mode=0o777)
    with mounted(source, place, "ro"):
        assert read_secret_file(str(place / "token"), {}) == Secret(CANARY)


def test_a_secret_that_kubernetes_replaces_meanwhile_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kubelet points `..data` to a new folder, and removes the old one."""
    for name in ("..1", "..2"):
        (tmp_path / name).mkdir()
        write(tmp_path / name / "token", f"{CANARY}{name}".encode())
    (tmp_path / "..data").symlink_to("..1")
    (tmp_path / "token").symlink_to("..data/token")
    from openab_auth.storage.disk import regular_file  # noqa: PLC0415 - replaced below

    read = regular_file.read

    def replace_first(path: str) -> object:
        if (tmp_path / "..1").exists():
            (tmp_path / "..new").symlink_to("..2")
            (tmp_path / "..new").rename(tmp_path / "..data")
            (tmp_path / "..1/token").unlink()
            (tmp_path / "..1").rmdir()
        return read(path)

    monkeypatch.setattr(regular_file, "read", replace_first)

    assert read_secret_file(str(tmp_path / "token"), {}) == Secret(f"{CANARY}..2")
