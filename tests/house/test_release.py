"""`scripts/release` proves what it builds, signs it and makes the tag, or refuses before any of that."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VENV = Path(sys.executable).parents[1]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
PIP = """#!/bin/sh
# The pinned requirements are those of this test's own environment, so that nothing is fetched.
here=$(dirname "$0")
case "$*" in
  *requirements.txt*) echo {packages} > "$(echo "$here"/../lib/python*/site-packages)/pins.pth" ;;
  check) ;;
  *) exec {python} -m pip --python "$here/python" "$@" ;;
esac
"""
PYTHON = """#!/bin/sh
# As the Python of .venv, but a new environment gets a pip that fetches nothing, an audit asks nobody, and no bill of
# materials is checked against its schema: another test does that, for some seconds.
case "$1 $2" in
  "-W ignore") [ "$3" = -c ] || exec {python} "$@" ;;
  "-m venv") {python} -m venv --without-pip "$3" && cp "$(dirname "$0")/pip" "$3/bin/pip" ;;
  "-m pip_audit") exit 1 ;;
  *) exec {python} "$@" ;;
esac
"""
Git = Callable[..., str]


@pytest.fixture
def git(tmp_path: Path) -> Git:
    def call(*words: str, text: str = "") -> str:
        command = ["git", "-C", str(tmp_path / "checkout"), *words]
        return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout

    return call


@pytest.fixture
def checkout(tmp_path: Path, git: Git) -> Path:
    """Make a repository with the files of this one, whose version was released today."""
    place = tmp_path / "checkout"
    place.mkdir()
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout
    names = b"\0".join(name for name in listed.split(b"\0") if name and os.path.lexists(ROOT / name.decode()))
    packed = subprocess.run(
        ["tar", "--null", "-T", "-", "-c"], cwd=ROOT, input=names, capture_output=True, check=True
    ).stdout
    subprocess.run(["tar", "-x", "-C", place], input=packed, check=True)
    changelog = place / "CHANGELOG.md"
    changelog.write_text(changelog.read_text().replace(f"[{VERSION}] - not yet released", f"[{VERSION}] - 2026-11-27"))
    git("init", "-q", "-b", "main")
    for name, value in {"user.name": "a", "user.email": "a@example.com", "gc.auto": "0"}.items():
        git("config", name, value)
    commit(git)
    return place


@pytest.fixture
def key(tmp_path: Path, checkout: Path, git: Git) -> Path:
    """Make a throw-away key that RELEASE_SIGNERS lists."""
    path = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path], check=True)
    line = f'ada@example.com namespaces="openab-auth-release,git" {path.with_suffix(".pub").read_text()}'
    with (checkout / "RELEASE_SIGNERS").open("a") as signers:
        signers.write(line)
    commit(git)
    return path


@pytest.fixture
def release(checkout: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    programs = tmp_path / "venv/bin"
    programs.mkdir(parents=True)
    packages = VENV / f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
    for name, text in {"python": PYTHON, "pip": PIP}.items():
        (programs / name).write_text(text.format(python=sys.executable, packages=packages))
        (programs / name).chmod(0o755)

    def call(*words: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["scripts/release", *map(str, words)],
            cwd=checkout,
            env={**os.environ, "VENV": str(tmp_path / "venv")},
            capture_output=True,
            text=True,
            check=False,
        )

    return call


def commit(git: Git) -> None:
    git("add", "-A")
    git("commit", "-q", "--no-verify", "-m", "a commit")


def test_a_release_is_proved_signed_and_tagged(
    release: Callable[..., subprocess.CompletedProcess[str]], key: Path, checkout: Path, tmp_path: Path, git: Git
) -> None:
    out = tmp_path / "release"

    done = release("--key", key, out)

    assert done.returncode == 0, done.stderr
    assert "were NOT audited" in done.stdout
    name = f"openab_auth-{VERSION}"
    built = {f"{name}.tar.gz", f"{name}-py3-none-any.whl", f"{name}.cdx.json", f"{name}-image.cdx.json"}
    assert {path.name for path in out.iterdir()} == {*built, "SHA256SUMS", "SHA256SUMS.sig"}
    lines = [line.split("  ") for line in (out / "SHA256SUMS").read_text().splitlines()]
    sums = {file: checksum for checksum, file in lines}
    assert sums == {file: hashlib.sha256((out / file).read_bytes()).hexdigest() for file in built}
    verify: list[str | Path] = [
        "ssh-keygen",
        "-Y",
        "verify",
        "-f",
        checkout / "RELEASE_SIGNERS",
        "-I",
        "ada@example.com",
    ]
    verify += ["-n", "openab-auth-release", "-s", out / "SHA256SUMS.sig"]
    assert subprocess.run(verify, input=(out / "SHA256SUMS").read_bytes(), check=False).returncode == 0
    assert subprocess.run(verify, input=b"other", capture_output=True, check=False).returncode != 0
    assert git("tag").split() == [f"v{VERSION}"]
    git("-c", f"gpg.ssh.allowedSignersFile={checkout / 'RELEASE_SIGNERS'}", "tag", "-v", f"v{VERSION}")
    with tarfile.open(out / f"{name}.tar.gz") as sdist:
        assert not [member.name for member in sdist if "/tests/" in member.name or member.issym()]

    again = release("--key", key, tmp_path / "again")
    assert (again.returncode, f"the tag v{VERSION} is there already" in again.stderr) == (1, True)


def test_a_release_is_refused_before_it_is_built(
    release: Callable[..., subprocess.CompletedProcess[str]], key: Path, checkout: Path, tmp_path: Path, git: Git
) -> None:
    def refused(*words: str | Path) -> str:
        done = release(*words)
        assert (done.returncode, git("tag")) == (1, "")
        assert not (tmp_path / "out").exists()
        return done.stderr

    out = ("--key", key, tmp_path / "out")
    (checkout / "README.md").write_text("changed")
    assert "changes that are not committed" in refused(*out)
    git("checkout", "-q", "README.md")
    (checkout / "new").touch()
    assert "changes that are not committed" in refused(*out)
    (checkout / "new").unlink()
    assert "is there already" in refused("--key", key, tmp_path)
    assert "there is no key" in refused("--key", tmp_path / "nowhere")
    git("rm", "-rq", f"tests/storage/released/{VERSION}")
    commit(git)
    assert "run scripts/released-store" in refused(*out)
    git("revert", "--no-edit", "HEAD")
    git("rm", "-q", "RELEASE_SIGNERS")
    (checkout / "RELEASE_SIGNERS").write_text("# nobody\n")
    commit(git)
    assert "does not list this key" in refused(*out)
    changelog = checkout / "CHANGELOG.md"
    changelog.write_text(changelog.read_text().replace(f"[{VERSION}] - 2026-11-27", f"[{VERSION}] - not yet released"))
    commit(git)
    assert f"no section '## [{VERSION}] - YYYY-MM-DD'" in refused(*out)
    usage = release("--push")
    assert (usage.returncode, "never pushes" not in usage.stdout) == (2, True)


def test_nothing_is_pushed_or_uploaded() -> None:
    lines = [line for line in (ROOT / "scripts/release").read_text().splitlines() if not line.lstrip().startswith("#")]

    assert [line for line in lines if "push" in line] == [line for line in lines if "Now: git push" in line]
    assert not [line for line in lines if "twine upload" in line]
