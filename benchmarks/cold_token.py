"""`openab-auth token` from a shell, against Python that starts and imports json: the same run, in turns.

Goal: at most 1.5 times. Prints the medians and their ratio.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 40


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
    bare_median, ours_median = statistics.median(times["bare"]), statistics.median(times["ours"])
    print(f"python -c 'import json'   {bare_median * 1000:7.1f} ms")
    print(f"openab-auth token         {ours_median * 1000:7.1f} ms   {ours_median / bare_median:.2f} times")


def _time(command: list[str], folder: str) -> float:
    begun = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, cwd=folder)  # noqa: S603 - our own command
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
