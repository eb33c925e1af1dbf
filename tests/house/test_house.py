"""The whole distribution: its wheel, its image and its scripts."""

import ast
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support.patience import PATIENCE

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel with the Dockerfile's own command."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_one_package_with_the_four_floors_and_their_data(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())

    assert {name.partition("/")[0] for name in names} == {"openab_auth", "openab_auth-0.1.0.dist-info"}
    assert {
        "openab_auth/__init__.py",
        "openab_auth/py.typed",
        "openab_auth/storage/__init__.py",
        "openab_auth/oauth/vendors/vendors.toml",
        "openab_auth/cogs/auth/__init__.py",
        "openab_auth/cogs/auth/text/locales/zh-TW.ftl",
        "openab_auth/cogs/auth/views/login/pictures/phone.gif",
        "openab_auth/bot/cli/__init__.py",
        "openab_auth/bot/playground/page/index.html",
    } <= names


def test_the_command_runs_from_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    done = run_with(installed(wheel, tmp_path), "-m", "openab_auth", "vendors")

    assert done.returncode == 0, done.stderr
    assert "claude" in done.stdout


def test_the_wheel_lives_beside_packages_that_bear_our_floors_names(wheel: Path, tmp_path: Path) -> None:
    """A host project may have its own `storage` or `cogs`; both keep working, and the extension loads."""
    for name in ("bot", "cogs", "oauth", "storage"):
        (tmp_path / "site" / name).mkdir(parents=True)
        (tmp_path / "site" / name / "__init__.py").write_text("THEIRS = True\n")
    program = tmp_path / "host.py"
    program.write_text(HOST)

    done = run_with(installed(wheel, tmp_path), str(program))

    assert (done.returncode, done.stdout) == (0, "openab-auth\n")
    [warning] = done.stderr.splitlines()
    assert warning.startswith("nobody may use /auth: ")  # there is no config


HOST = """
import asyncio
import bot, cogs, oauth, storage
import discord
from discord.ext import commands


async def main() -> None:
    async with commands.Bot("!", intents=discord.Intents.none()) as host:
        await host.load_extension("openab_auth.cogs.auth")
        print(*host.cogs)


assert all(package.THEIRS for package in (bot, cogs, oauth, storage))
asyncio.run(main())
"""


def installed(wheel: Path, folder: Path) -> Path:
    """Install the wheel into a folder, as pip does it, and return that folder."""
    site = folder / "site"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(site)]
    subprocess.run([*command, "--disable-pip-version-check", str(wheel)], check=True, capture_output=True)
    return site


def run_with(site: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run Python where `site` comes before what is installed, in an empty home."""
    env = {"PATH": os.environ["PATH"], "HOME": str(site.parent), "PYTHONPATH": str(site)}
    return subprocess.run(
        [sys.executable, "-W", "ignore", *words], cwd=site.parent, env=env, check=False, capture_output=True, text=True
    )


def test_the_image_copies_only_what_is_there_and_installs_with_hashes() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    ignored = (ROOT / ".dockerignore").read_text().split()

    sources = [
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", dockerfile, re.MULTILINE)
        for source in line.split()[:-1]
    ]
    assert sources
    for source in sources:
        assert (ROOT / source).exists(), source
        assert source not in ignored
    for line in dockerfile.splitlines():
        if "pip install" in line:
            assert "--require-hashes" in line or "--no-deps" in line
    assert "USER agent" in dockerfile


def test_requirements_name_no_index_and_pin_everything_with_hashes() -> None:
    for file in ROOT.glob("requirements*.txt"):
        text = file.read_text()
        assert "index-url" not in text
        assert "://" not in text
        pins = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
        assert pins
        assert all("==" in pin and pin.rstrip().endswith("\\") for pin in pins)


def test_a_second_setup_does_nothing() -> None:
    done = subprocess.run(
        [ROOT / "scripts/setup", "dev"], check=False, capture_output=True, text=True, timeout=PATIENCE
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_setup_refuses_words_that_it_does_not_know() -> None:
    done = subprocess.run(
        [ROOT / "scripts/setup", "all"], check=False, capture_output=True, text=True, timeout=PATIENCE
    )

    assert done.returncode == 2
    assert "usage" in done.stderr


_HTTP = ("httpx2", "httpx", "aiohttp", "requests", "urllib3", "urllib.request", "http.client", "authlib")
_OPENS = {
    *("Client", "AsyncClient", "HTTPTransport", "AsyncHTTPTransport", "ClientSession", "TCPConnector", "Session"),
    *("HTTPConnection", "HTTPSConnection", "PoolManager", "AsyncOAuth2Client", "AsyncConnectionPool"),
    *("get", "post", "request", "stream", "urlopen", "urlretrieve", "build_opener"),
}
_READS = {"aiter_bytes", "aiter_lines", "aiter_text", "aiter_raw", "sse", "websocket"}
_ACTORS = {"bot/playground/agent_program.py", "bot/playground/issuer/browser.py"}  # an agent and a person's browser


def http_made_in(path: Path) -> set[str]:
    """Return the calls of a module that open HTTP connections, or that read a reply of any length."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    imports = [node for node in nodes if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(_HTTP)]
    imported = {alias.asname or alias.name for node in imports for alias in node.names}
    found = set()
    for called in [node.func for node in nodes if isinstance(node, ast.Call)]:
        if isinstance(called, ast.Name):
            found |= {called.id} & _OPENS & imported
        elif isinstance(called, ast.Attribute):
            found |= {called.attr} & (_READS | _OPENS if ast.unparse(called.value) in _HTTP else _READS)
    return found


def test_http_clients_are_made_and_replies_read_in_one_place() -> None:
    """The limits on servers hold because no module can bypass them."""
    modules = [path for room in ("bot", "cogs", "oauth", "storage") for path in sorted((ROOT / room).rglob("*.py"))]
    made = {str(path.relative_to(ROOT)): found for path in modules if (found := http_made_in(path))}

    assert {path for path in made if path not in _ACTORS} == {"oauth/http/client.py", "oauth/client/client_auth.py"}
    assert made["oauth/http/client.py"] >= {"AsyncClient", "AsyncHTTPTransport"}
    assert made["oauth/client/client_auth.py"] == {"AsyncOAuth2Client"}  # it sends through our transport
    assert "transport=transport," in (ROOT / "oauth/client/client_auth.py").read_text()


BY_DESCRIPTOR = {"chown", "lchown", "fchown", "chmod", "lchmod", "fchmod", "mkdir", "makedirs"}
SWALLOWS_ERRORS = {"exists", "lexists", "is_dir", "is_file", "is_symlink", "glob", "rglob", "iterdir", "walk"}


def calls_in(file: Path) -> set[str]:
    """Return the names of the attributes and functions that a module calls."""
    called = (node.func for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call))
    return {
        one.attr if isinstance(one, ast.Attribute) else one.id
        for one in called
        if isinstance(one, ast.Attribute | ast.Name)
    }


def test_one_room_alone_changes_owners_and_modes_and_makes_folders() -> None:
    """`ownership.py` works with descriptors, because a path may have become a link."""
    rooms = [file for floor in ("storage", "oauth", "cogs", "bot") for file in (ROOT / floor).rglob("*.py")]
    assert calls_in(ROOT / "storage/disk/ownership.py") >= {"fchown", "fchmod", "mkdir"}
    assert {str(file.relative_to(ROOT)) for file in rooms if calls_in(file) & BY_DESCRIPTOR} == {
        "storage/disk/ownership.py"
    }


def test_the_store_asks_no_question_whose_errors_are_answers() -> None:
    """`Path.exists` swallows errors, and other errors in each version of Python; unreadable is not missing."""
    found = {file.name: calls_in(file) & SWALLOWS_ERRORS for file in (ROOT / "storage").rglob("*.py")}
    assert {name: calls for name, calls in found.items() if calls} == {}
