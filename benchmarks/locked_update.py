"""Locked read-modify-write with 1 and 8 processes: ours, a bare flock loop, msal-extensions, proper-lockfile.

Each process counts up in a login of its own, in one file of about 8 kB, while a reader parses the file. Prints the rate
as a ratio to the bare loop's (goal: 1.0), the slowest update (goal: 0.2 s), lost updates and torn reads (none), and how
soon a waiter has the lock after its holder is killed (goal: 0.1 s). All take turns within one run. msal-extensions and
proper-lockfile are installed into a temporary folder for the run, and left out where that is not possible.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE

ROUNDS = 24
SECONDS = 0.5
LOGINS = 8
PATIENCE = 30  # seconds that a waiter is given after its holder was killed
Update = Callable[[str, Callable[[], None]], None]


@dataclass(frozen=True, slots=True)
class Run:
    """The results of some processes in one round."""

    rate: float
    slowest: float
    lost: int
    torn: float


def login(number: int) -> dict[str, object]:
    """Return about a kilobyte, the size of a login with a JWT."""
    return {
        "access_token": "a" * 900,
        "refresh_token": "r" * 90,
        "expires_at": 0,
        "token_endpoint": "https://as.example/token",
        "provider": f"tenant-{number}",
    }


def bare(path: Path) -> Update:
    """Commit with the smallest safe steps: flock, read, temporary file, fsync, rename, fsync of the folder."""
    import fcntl  # noqa: PLC0415 -- a worker loads its own contender alone

    def update(tenant: str, meanwhile: Callable[[], None]) -> None:
        lock = os.open(f"{path}.global.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            top = json.loads(path.read_bytes())
            top[tenant]["expires_at"] += 1
            meanwhile()
            temporary = f"{path}.tmp.{os.getpid()}"
            file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            os.write(file, json.dumps(top, indent=2).encode())
            os.fsync(file)
            os.close(file)
            os.rename(temporary, path)  # noqa: PTH104 -- as bare as it gets
            folder = os.open(path.parent, os.O_RDONLY)
            os.fsync(folder)
            os.close(folder)
        finally:
            os.close(lock)

    return update


def ours(path: Path) -> Update:
    """Commit with `FileStore.update`."""
    from dataclasses import replace  # noqa: PLC0415 -- as above

    from openab_auth.storage import Draft, FileStore, TokenEntry  # noqa: PLC0415 -- as above

    store = FileStore(path, lock_timeout=60)

    def update(tenant: str, meanwhile: Callable[[], None]) -> None:
        def mutate(draft: Draft) -> None:
            entry = draft[tenant]
            assert isinstance(entry, TokenEntry)  # noqa: S101 -- it was written so
            draft[tenant] = replace(entry, expires_at=entry.expires_at + 1)
            meanwhile()

        store.update(mutate)

    return update


def msal(path: Path) -> Update:
    """Commit with the locked cache of msal-extensions, as its documentation shows it."""
    from msal_extensions import CrossPlatLock, FilePersistence  # type: ignore[import-not-found] # noqa: PLC0415
    from msal_extensions.filelock import LockError  # type: ignore[import-not-found] # noqa: PLC0415

    persistence = FilePersistence(str(path))

    def update(tenant: str, meanwhile: Callable[[], None]) -> None:
        while True:
            with contextlib.suppress(LockError), CrossPlatLock(f"{path}.lockfile"):  # it gives up after 5 s
                top = json.loads(persistence.load())
                top[tenant]["expires_at"] += 1
                meanwhile()
                persistence.save(json.dumps(top, indent=2))
                return

    return update


CONTENDERS: dict[str, Callable[[Path], Update]] = {"bare": bare, "ours": ours, "msal": msal}


def work(name: str, path: Path, tenant: str, *, hold: bool) -> None:
    """For each time that is read, count up until then, at least once; print how often and the slowest. Or only hold."""
    update = CONTENDERS[name](path)
    if hold:
        update(tenant, _hold)
    print("ready", flush=True)
    for line in sys.stdin:
        slowest = 0.0
        for count in itertools.count(1):
            begun = time.perf_counter()
            update(tenant, _nothing)
            slowest = max(slowest, time.perf_counter() - begun)
            if time.time() >= float(line):
                print(json.dumps([count, slowest]), flush=True)
                break


def _hold() -> None:
    print("held", flush=True)
    time.sleep(600)


def _nothing() -> None:
    pass


def command(name: str, modules: Path, *words: object) -> subprocess.Popen[str]:
    """Start a worker of a contender."""
    environ = {**os.environ, "PYTHONPATH": str(modules), "NODE_PATH": str(modules / "node_modules")}
    in_node = ["node", str(Path(__file__).with_name("proper_lockfile.js"))]
    program = in_node if name == "proper-lockfile" else [sys.executable, __file__, name]
    return subprocess.Popen([*program, *map(str, words)], env=environ, stdin=PIPE, stdout=PIPE, text=True)  # noqa: S603


def new_file(folder: Path) -> Path:
    """Write a file with a login for each process."""
    path = folder / "auth.json"
    path.write_text(json.dumps({f"tenant-{number}": login(number) for number in range(LOGINS)}, indent=2))
    path.chmod(0o600)
    return path


class Team:
    """Some processes of one contender, with a file of their own; they wait until they are told to count."""

    def __init__(self, name: str, processes: int, folder: Path, modules: Path) -> None:
        self._path = new_file(folder)
        self._workers = [command(name, modules, self._path, f"tenant-{number}") for number in range(processes)]
        self._counted = 0
        for worker in self._workers:
            _read(worker)

    def race(self) -> Run:
        """Let them count up at once, and read the file meanwhile."""
        until = time.time() + SECONDS
        for worker in self._workers:
            _tell(worker, until)
        torn = reads = 0
        while time.time() < until:
            reads += 1
            try:
                json.loads(self._path.read_bytes())
            except ValueError:
                torn += 1
            time.sleep(0.005)
        told = [json.loads(_read(worker)) for worker in self._workers]
        counted = sum(count for count, _ in told)
        self._counted += counted
        return Run(counted / SECONDS, max(slowest for _, slowest in told), self._lost(), torn / reads)

    def close(self) -> None:
        """End them."""
        for worker in self._workers:
            worker.communicate()

    def _lost(self) -> int:
        """Return how many of all updates are missing in the file."""
        try:
            logins = json.loads(self._path.read_bytes()).values()
        except ValueError:
            return self._counted
        known: int = sum(login["expires_at"] for login in logins)
        return self._counted - known


def takeover(name: str, modules: Path) -> str:
    """Return the seconds from the kill of a holder to the end of the waiting update."""
    with tempfile.TemporaryDirectory() as folder:
        path = new_file(Path(folder))
        holder = command(name, modules, path, "tenant-0", "hold")
        waiter = command(name, modules, path, "tenant-1")
        _read(holder)
        _read(waiter)
        _tell(waiter, 0)
        time.sleep(0.5)
        holder.kill()
        killed = time.perf_counter()
        impatience = threading.Timer(PATIENCE, waiter.kill)
        impatience.start()
        told = _read(waiter)
        took = time.perf_counter() - killed
        impatience.cancel()
        for process in (waiter, holder):
            process.communicate()
        return f"{took:.3f} s" if told else f"more than {PATIENCE} s"


def compete(names: list[str], processes: int, modules: Path) -> None:
    """Print one line for each: the median of the rounds, in which they take turns."""
    with tempfile.TemporaryDirectory() as place:
        teams: dict[str, Team] = {}
        for name in names:
            folder = Path(place) / name
            folder.mkdir()
            teams[name] = Team(name, processes, folder, modules)
        orders = list(itertools.permutations(names))  # what one leaves to the disk is felt by the next
        rounds = [{name: teams[name].race() for name in orders[turn % len(orders)]} for turn in range(ROUNDS + 1)]
        del rounds[0]  # it warmed up
        for team in teams.values():
            team.close()
    for name in names:
        runs = [one[name] for one in rounds]
        ratio = statistics.median(one[name].rate / one["bare"].rate for one in rounds)
        rate, slowest = statistics.median(run.rate for run in runs), statistics.median(run.slowest for run in runs)
        worst, torn = max(run.slowest for run in runs), max(run.torn for run in runs)
        print(
            f"{name:18}{processes:6}{ratio:10.2f}{rate:9.0f}/s{slowest:10.3f} s{worst:8.3f} s"
            f"{runs[-1].lost:6}{torn:8.1%}"
        )


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        modules = Path(folder)
        names = ["bare", "ours", *_installed_peers(modules)]
        print("               processes   ratio       rate   slowest (median, worst)   lost    torn")
        for processes in (1, 8):
            compete(names, processes, modules)
        for name in names:
            print(f"{name:18}next taker after {takeover(name, modules)}")


def _read(worker: subprocess.Popen[str]) -> str:
    assert worker.stdout is not None  # noqa: S101 -- it was asked for
    return worker.stdout.readline()


def _tell(worker: subprocess.Popen[str], until: float) -> None:
    assert worker.stdin is not None  # noqa: S101 -- it was asked for
    worker.stdin.write(f"{until}\n")
    worker.stdin.flush()


def _installed_peers(modules: Path) -> Iterator[str]:
    installs = {
        "msal": [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(modules), "msal-extensions"],
        "proper-lockfile": ["npm", "install", "--silent", "--prefix", str(modules), "proper-lockfile"],
    }
    for name, install in installs.items():
        try:
            subprocess.run(install, check=True, capture_output=True, timeout=120)  # noqa: S603 -- our own words
        except (OSError, subprocess.SubprocessError):
            print(f"{name} could not be installed here and is left out")
        else:
            yield name


if __name__ == "__main__":
    if sys.argv[1:]:
        contender, file, tenant, *hold = sys.argv[1:]
        work(contender, Path(file), tenant, hold=bool(hold))
    else:
        main()
