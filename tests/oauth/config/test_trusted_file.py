"""The config is trusted only with a safe owner, a safe mode, and a regular file in its place."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from openab_auth.oauth.config import AuthSettings, Config, RefusedFileError, read_trusted_file
from openab_auth.oauth.errors import ConfigError
from openab_auth.oauth.vendors import Catalogue, read_config

SOMEBODY = 54_321
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Write a config in its own folder."""
    folder = tmp_path / "conf"
    folder.mkdir(mode=0o755)
    file = folder / "config.toml"
    file.write_text("[auth]\n")
    file.chmod(0o644)
    return file


def refused(file: Path, home: Path | None = None) -> str:
    """Return why the file is refused; the config must be refused for the same reason."""
    environ = {"HOME": str(home)} if home else {"HOME": "/nowhere"}
    with pytest.raises(RefusedFileError) as caught:
        read_trusted_file(file, environ)
    with pytest.raises(ConfigError) as stopped:
        read_config(file, environ)
    assert str(caught.value.strerror) in str(stopped.value)
    return str(caught.value.strerror)


def test_a_file_of_this_user_is_read(file: Path) -> None:
    assert read_trusted_file(file, {}) == b"[auth]\n"


@pytest.mark.parametrize("mode", [0o664, 0o646, 0o666, 0o777])
def test_a_file_that_others_can_write_is_refused_and_the_repair_is_named(
    mode: int, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openab_auth.oauth.config.trusted_file._is_private", lambda _: False)
    file.chmod(mode)

    assert f"chmod go-w {file}" in refused(file)


@pytest.mark.parametrize("mode", [0o775, 0o757, 0o777])
def test_a_folder_above_that_others_can_write_is_refused(
    mode: int, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other users could put another file in its place."""
    monkeypatch.setattr("openab_auth.oauth.config.trusted_file._is_private", lambda _: False)
    file.parent.chmod(mode)

    assert f"chmod go-w {file.parent}`" in refused(file)


def test_a_folder_with_the_sticky_bit_is_no_danger(file: Path) -> None:
    file.parent.chmod(0o1777)

    assert read_trusted_file(file, {})


@as_root
@pytest.mark.parametrize("whose", ["file", "folder"])
def test_what_belongs_to_somebody_else_is_refused(whose: str, file: Path) -> None:
    given = file if whose == "file" else file.parent
    os.chown(given, SOMEBODY, SOMEBODY)

    reason = refused(file)

    assert f"{given} belongs to uid {SOMEBODY}" in reason
    assert "chown" in reason
    assert "container" in reason


@as_root
def test_a_user_trusts_the_files_of_root(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: SOMEBODY)

    assert read_trusted_file(file, {})


@as_root
def test_a_link_of_somebody_else_is_not_followed(file: Path, tmp_path: Path) -> None:
    """The link leads to a file of this user, as every file in a cloned repository belongs to this user."""
    link = tmp_path / "link.toml"
    link.symlink_to(file)
    assert read_trusted_file(link, {})

    os.lchown(link, SOMEBODY, SOMEBODY)

    assert f"{link} belongs to uid {SOMEBODY}" in refused(link)


@pytest.mark.parametrize("target", ["conf", "./conf/../conf", "{}/conf"])
def test_the_folders_behind_a_link_are_looked_at(target: str, file: Path, tmp_path: Path) -> None:
    (tmp_path / "way").symlink_to(target.format(tmp_path))
    assert read_trusted_file(tmp_path / "way/config.toml", {})

    file.parent.chmod(0o777)

    assert f"chmod go-w {file.parent}`" in refused(tmp_path / "way/config.toml")


def test_a_relative_path_that_was_typed_is_read_by_the_same_rules(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent)
    assert read_trusted_file("config.toml", {})

    file.parent.chmod(0o777)

    assert f"chmod go-w {file.parent}`" in refused(Path("config.toml"))


def test_folders_above_the_home_are_not_looked_at(file: Path, tmp_path: Path) -> None:
    """ssh has the same rule: who can change these folders controls the home. A sandbox often hides their owner."""
    tmp_path.chmod(0o777)
    try:
        assert read_trusted_file(file, {"HOME": str(file.parent)})
        assert f"chmod go-w {tmp_path}`" in refused(file)
        assert f"chmod go-w {tmp_path}`" in refused(file, tmp_path)
        assert f"chmod go-w {tmp_path}`" in refused(file, tmp_path / "another")
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize(
    ("members", "of_the_password_database", "private"),
    [
        ([], ["ada"], True),
        (["ada"], ["ada"], True),
        (["ada", "bob"], ["ada"], False),
        ([], ["ada", "bob"], False),
    ],
)
def test_a_group_of_this_user_alone_may_write(
    members: list[str],
    of_the_password_database: list[str],
    private: bool,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """If each user has a group, the usual umask lets the group write."""
    people = [
        SimpleNamespace(pw_name=name, pw_uid=os.geteuid() + at, pw_gid=os.getegid())
        for at, name in enumerate(of_the_password_database)
    ]
    monkeypatch.setattr("pwd.getpwuid", lambda _: people[0])
    monkeypatch.setattr("pwd.getpwall", lambda: people)
    monkeypatch.setattr("grp.getgrgid", lambda _: SimpleNamespace(gr_mem=members))
    os.chown(file, -1, os.getegid())
    file.chmod(0o664)

    if private:
        assert read_trusted_file(file, {"HOME": "/nowhere"})
    else:
        assert "other users" in refused(file)


def make_fifo(path: Path) -> None:
    os.mkfifo(path)


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))


def make_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize(
    ("make", "named"),
    [(Path.mkdir, "a folder"), (make_fifo, "a FIFO"), (make_socket, "a socket"), (make_device, "a device")],
)
def test_what_is_no_file_is_named_and_never_opened(
    make: Callable[[Path], None], named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same rule applies to openab's own list of servers."""
    monkeypatch.chdir(tmp_path)  # a socket's name is short
    place = tmp_path / "p"
    make(Path("p"))

    assert f"is {named}, not a file" in refused(place)
    [problem] = Catalogue.from_config(Config(auth=AuthSettings(mcp_json=str(place))), {}).problems
    assert f"is {named}, not a file" in problem.what


def test_a_file_too_large_for_a_config_is_not_read(file: Path) -> None:
    os.truncate(file, 1 << 40)

    assert "is larger than" in refused(file)


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="mounts a file system")
def test_the_mode_of_a_folder_on_a_read_only_mount_does_not_matter(file: Path) -> None:
    """Kubernetes mounts a ConfigMap read-only, with mode 0777. The mount ends with its process."""
    program = """
import sys
from openab_auth.oauth.config.trusted_file import read_trusted_file
print(read_trusted_file(sys.argv[1], {}).decode())
"""
    folder = file.parent
    folder.chmod(0o777)
    script = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && exec "$2" -c "$3" "$1/config.toml"'

    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "sh", folder, sys.executable, program],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    if "unshare" in done.stderr or "mount" in done.stderr:
        pytest.skip("no mounts here")
    assert done.stdout.strip() == "[auth]", done.stderr
    assert stat.S_IMODE(folder.stat().st_mode) == 0o777


def test_openabs_list_of_servers_is_read_by_the_same_rules(tmp_path: Path) -> None:
    """The list names variables whose values are sent to servers."""
    servers = tmp_path / "mcp.json"
    servers.write_text('{"mcpServers": {"lab": {"type": "http", "url": "https://mcp.example/mcp"}}}')
    config = Config(auth=AuthSettings(mcp_json=str(servers)))
    assert Catalogue.from_config(config, {}).servers()

    servers.chmod(0o666)

    found = Catalogue.from_config(config, {})
    assert not found.servers()
    assert "chmod go-w" in found.problems[0].what
