"""`openab-auth token` from a shell, against Python that starts and imports json: the same run, in turns.

Goal: at most 1.5 times the time. Prints the medians of time and peak memory, and their ratios.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 40
PEAK = """
import os, sys
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
print(os.wait4(child, 0)[2].ru_maxrss)
"""


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "auth.json"
        entry = {
            "access_token": "benchmark",
            "refresh_token": "benchmark",
            "expires_at": int(time.time()) + 3600,
            "token_endpoint": "https://login.example.com/token",
            "provider": "codex",
        }
        store.write_text(json.dumps({"codex": entry}))
        bare = [sys.executable, "-c", "import json"]
        ours = [str(Path(sys.executable).with_name("openab-auth")), "token", "codex", "--store", str(store)]
        times: dict[str, list[float]] = {"bare": [], "ours": []}
        for _ in range(RUNS):
            times["bare"].append(_time(bare, folder))
            times["ours"].append(_time(ours, folder))
        bare_peak, ours_peak = _peak(bare, folder), _peak(ours, folder)
    bare_time, ours_time = statistics.median(times["bare"]), statistics.median(times["ours"])
    print(f"python -c 'import json'   {bare_time * 1000:7.1f} ms             {bare_peak:7.1f} MB at its peak")
    print(
        f"openab-auth token         {ours_time * 1000:7.1f} ms {ours_time / bare_time:5.2f} times"
        f" {ours_peak:7.1f} MB at its peak {ours_peak / bare_peak:5.2f} times"
    )


def _time(command: list[str], folder: str) -> float:
    begun = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, cwd=folder)  # noqa: S603 - our own command
    return time.perf_counter() - begun


def _peak(command: list[str], folder: str) -> float:
    """Megabytes; asked for by a process that is smaller than what it starts: a child begins with its parent's peak."""
    ask = [sys.executable, "-S", "-E", "-c", PEAK, *command]
    told = subprocess.run(ask, check=True, capture_output=True, cwd=folder, text=True)  # noqa: S603 - our own command
    return int(told.stdout.splitlines()[-1]) / (1024**2 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    main()
