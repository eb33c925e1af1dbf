"""`openab-auth token` from a shell, against Python that starts and imports json: the same run, in turns.

Goal: at most 1.5 times. Prints the medians of time and of peak memory, and their ratios.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 40
PEAK = "print([line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')][0])"


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
        words = ["token", "codex", "--store", str(store)]
        bare = [sys.executable, "-c", "import json"]
        ours = [str(Path(sys.executable).with_name("openab-auth")), *words]
        runs = [(_seconds(bare, folder), _seconds(ours, folder)) for _ in range(RUNS)]
        bare_peak = _peak("import json", folder)
        ours_peak = _peak(f"import sys; from bot.cli import main; sys.argv[1:] = {words!r}; main()", folder)
    bare_time, ours_time = (statistics.median(side) for side in zip(*runs, strict=True))
    print(f"python -c 'import json'   {bare_time * 1000:7.1f} ms               {bare_peak:6.1f} MiB")
    print(
        f"openab-auth token         {ours_time * 1000:7.1f} ms, {ours_time / bare_time:.2f} times   "
        f"{ours_peak:6.1f} MiB, {ours_peak / bare_peak:.2f} times"
    )


def _seconds(command: list[str], folder: str) -> float:
    begun = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, cwd=folder)  # noqa: S603 - our own command
    return time.perf_counter() - begun


def _peak(code: str, folder: str) -> float:
    """MiB, as the process itself has them at its end: what the kernel tells its parent counts the parent too."""
    command = [sys.executable, "-c", f"{code}\n{PEAK}"]
    done = subprocess.run(command, check=True, capture_output=True, cwd=folder)  # noqa: S603 - our own code
    return int(done.stdout.split()[-1]) / 1024


if __name__ == "__main__":
    main()
