"""Fixtures for several floors: servers, a store, a clock and the command line; and the options of the soak.

Pytest reads options only here, at the top of the tests.
"""

from __future__ import annotations

import io
import json
import logging
import os
import random
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from openab_auth.bot.cli import main
from openab_auth.bot.playground.issuer import Issuer
from openab_auth.storage import AsyncStore, FileStore, Store
from openab_auth.storage.postgres import PostgresStore
from tests.support.clock import Clock
from tests.support.mcp_servers import NAMES
from tests.support.patience import PATIENCE
from tests.support.postgres.pattern import Servers
from tests.support.postgres.server import Server
from tests.support.postgres.stores import make_store
from tests.support.programs import starts_programs
from tests.support.proxies import certificate_for

# Examples take as long as the machine makes them take: their number is the bound, not the clock.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("soak")
    group.addoption("--soak-seconds", type=float, default=60.0, help="how long the whole soak runs, in seconds")
    group.addoption("--store", choices=("file", "postgres"), default="file", help="the backend of the fixture `store`")
    group.addoption("--soak-seed", type=int, default=None, help="the seed of the soak's chances; printed on failure")


def pytest_configure(config: pytest.Config) -> None:
    if config.option.soak_seed is None:  # the processes of xdist get the options, and with them this seed
        config.option.soak_seed = random.SystemRandom().randrange(10**6)
    # Background jobs, `nohup` and some CIs ignore signals; the programs that tests start would inherit that.
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


@pytest.fixture(scope="session", autouse=True)
def trusts_nobody() -> Iterator[None]:
    """Trust one certificate: no test reaches a real host, and each client would load the system's for 30 ms."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        Path(folder).chmod(0o755)  # some tests run a program as another user
        patch.setenv("SSL_CERT_FILE", str(certificate_for(Path(folder), "nobody.example")[0]))
        yield


@pytest.fixture(autouse=True)
def same_log_levels() -> Iterator[None]:
    """Let no test hide the log from the next one: the command line sets the levels of our loggers."""
    loggers = [logging.getLogger(name) for name in ("openab_auth", None)]
    levels = [logger.level for logger in loggers]
    yield
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


@pytest.fixture(scope="session")
def urls() -> Iterator[Mapping[str, str]]:
    """Start every kind of server, in one process, for all tests."""
    program = Path(__file__).parent / "support/sdk_servers.py"
    with subprocess.Popen([sys.executable, str(program), *NAMES], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.terminate()


@pytest.fixture(scope="session")
def postgres_servers() -> Iterator[Servers]:
    """Make PostgreSQL servers for this pytest process; skip the test where PostgreSQL is missing."""
    with Servers.on_new_ground() as servers:
        yield servers


@pytest.fixture(scope="session")
def postgres(postgres_servers: Servers) -> Server:
    """Start the server that the tests share; a test that stops or freezes a server makes its own."""
    return postgres_servers.make().start()


@pytest.fixture
def schema() -> str:
    """Name a schema of the shared server that no other test uses; nobody has created it yet."""
    return f"s{uuid.uuid4().hex}"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def issuer(clock: Clock) -> AsyncIterator[Issuer]:
    async with Issuer.listening(clock=clock) as server:
        yield server


@pytest.hookimpl(tryfirst=True)  # before pytest selects by markers
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests that start programs; with another backend, skip those that look at the files of a store."""
    for item in items:
        if starts_programs(item.path):
            item.add_marker("programs")
        if config.option.store != "file" and isinstance(item, pytest.Function) and "tmp_path" in item.fixturenames:
            # They ask for its folder.
            item.add_marker(pytest.mark.skip(reason="it is about the files of a store"))


@pytest.fixture
def open_again(clock: Clock, request: pytest.FixtureRequest) -> Iterator[Callable[[], Store]]:
    """Open the store of this test once more, as another process of this host does; `--store` chooses the backend.

    The folder of a file store is `tmp_path`.
    """
    if request.config.option.store == "file":
        folder: Path = request.getfixturevalue("tmp_path")
        yield lambda: FileStore(folder / "auth.json", clock=clock)
        return
    server, schema = request.getfixturevalue("postgres"), f"s{uuid.uuid4().hex}"
    with tempfile.TemporaryDirectory() as journal:
        opened = [make_store(server, schema, Path(journal), clock)]

        def open_store() -> Store:
            opened.append(PostgresStore(opened[0].settings, clock=clock))
            return opened[-1]

        yield open_store
        for store in opened:
            store.close()


@pytest.fixture
async def store(open_again: Callable[[], Store]) -> AsyncIterator[AsyncStore]:
    store = AsyncStore(open_again())
    yield store
    await store.aclose()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Make a home with the folder of its config."""
    (tmp_path / ".config/openab-auth").mkdir(parents=True)
    return tmp_path


@pytest.fixture
def run(home: Path) -> Run:
    """Run `openab-auth` in an empty home, or in `folder`; `env` adds variables, `text` is its standard input."""

    def run_command(
        *words: object, text: str = "", env: dict[str, str] | None = None, folder: Path = home
    ) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).with_name("openab-auth")), *map(str, words)]
        return subprocess.run(
            command,
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": str(home)} | (env or {}),
            input=text,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    return run_command


@pytest.fixture
def call(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run it as `run` does, but in this process: for tests of what a command says and does."""

    def call_command(
        *words: object, text: str = "", env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        capsys.readouterr()
        with monkeypatch.context() as patch:
            for name in list(os.environ):
                patch.delenv(name)
            for name, value in ({"PATH": os.defpath, "HOME": str(home)} | (env or {})).items():
                patch.setenv(name, value)
            patch.chdir(home)
            patch.setattr(sys, "stdin", io.StringIO(text))
            patch.setattr(sys, "argv", ["openab-auth", *map(str, words)])
            status = main()
        said = capsys.readouterr()
        return subprocess.CompletedProcess([*map(str, words)], status, said.out, said.err)

    return call_command
