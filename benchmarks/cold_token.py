"""The commands as whole processes, in each form that scripts use, against Python that starts and imports json.

All run in turns, in one home with a store and a config. Goals: at most 1.5 times for a warm `token`, 3 times for
`exec`, 4 times for `status` and `--help`. Prints the medians of CPU time, their ratios, and the peak memory of `token`.
"""

import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

RUNS = 30
ENTRY = {
    "access_token": "benchmark",
    "refresh_token": "benchmark",
    "expires_at": int(time.time()) + 3600,
    "token_endpoint": "https://login.example.com/token",
    "provider": "codex",
}
CONFIG = """
[discord]
bot_token = "${DISCORD_TOKEN}"
allowed_users = ["1"]

[store]
path = "auth.json"

[auth]
vendors = ["codex", "lab"]

[vendors.lab]
authorize_url = "https://login.example.com/authorize"
token_url = "https://login.example.com/token"
client_id = "benchmark"
redirect_uri = "http://localhost:1455/callback"
"""
FORMS = (  # STORE and CONFIG stand for paths; the config also lies in its standard place
    ("token codex --store STORE", 1.5),
    ("token codex --store=STORE", 1.5),
    ("--store STORE token codex", 1.5),
    ("token claude --json --store STORE", 1.5),
    ("--json token codex --store STORE", 1.5),
    ("token codex --store STORE --min-ttl 60", 1.5),
    ("token codex --min-ttl=60 --store=STORE", 1.5),
    ("token codex --config CONFIG", 1.5),
    ("--config CONFIG token codex", 1.5),
    ("token codex", 1.5),
    ("exec codex --store STORE -- /bin/true", 3),
    ("exec codex claude -- /bin/true", 3),
    ("status --store STORE", 4),
    ("status --json --store STORE", 4),
    ("vendors --store STORE", 4),
    ("--help", 4),
    ("token --help", 4),
)


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        command, home = str(Path(sys.executable).with_name("openab-auth")), Path(folder)
        store, config = home / "auth.json", home / ".config/openab-auth/config.toml"
        config.parent.mkdir(parents=True)
        config.write_text(CONFIG.replace("auth.json", str(store)))
        store.write_text(json.dumps({"codex": ENTRY, "anthropic-oauth": {**ENTRY, "provider": "anthropic-oauth"}}))
        bare = [sys.executable, "-c", "import json"]
        lines = {form: [command, *form.split()] for form, _ in FORMS}
        commands = {
            form: [word.replace("STORE", str(store)).replace("CONFIG", str(config)) for word in line]
            for form, line in lines.items()
        }
        times: dict[str, list[float]] = {form: [] for form in ("", *commands)}
        for _ in range(RUNS):
            for form, words in {"": bare, **commands}.items():
                times[form].append(_run(words, folder)[0])
        bare_peak, our_peak = _run(bare, folder)[1], _run(commands["token codex"], folder)[1]
    least = statistics.median(times[""])
    print(f"{'python -c ' + chr(39) + 'import json' + chr(39):45} {least * 1000:7.1f} ms")
    for form, goal in FORMS:
        median = statistics.median(times[form])
        print(f"openab-auth {form:33} {median * 1000:7.1f} ms {median / least:5.2f} times (goal {goal})")
    print(f"peak memory of a warm token: {our_peak:.1f} MB, {our_peak / bare_peak:.2f} times")


def _run(command: list[str], home: str) -> tuple[float, float]:
    """Return the CPU seconds and the peak memory in megabytes of one process."""
    quiet = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_RDWR, 0) for stream in (0, 1, 2)]
    child = os.posix_spawn(command[0], command, {"HOME": home, "PATH": os.defpath}, file_actions=quiet)
    _, status, used = os.wait4(child, 0)
    assert status == 0, command  # noqa: S101 - a command that fails is no measurement
    return used.ru_utime + used.ru_stime, used.ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    main()
