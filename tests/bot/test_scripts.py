"""`scripts/run`: the playground by itself, the bot where it is told of one; a second start installs nothing."""

import json
import os
import resource
import signal
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def environment(home: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(home)}


def test_it_is_the_playground_and_a_second_start_installs_nothing(home: Path) -> None:
    """By the time that its processes computed, not the time that passed: other tests run beside this one."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with subprocess.Popen(
        [ROOT / "scripts/run", "--json"],
        cwd=home,
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        process.wait(20)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)

    assert ready["ready"]
    assert ready["url"].startswith("http://127.0.0.1:")
    assert process.returncode == 0
    assert (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime) < 10


@pytest.mark.parametrize("words", [("--config", "my.toml"), ("--config=my.toml",), ("--store", "auth.json")])
def test_with_a_config_or_a_store_it_is_the_bot(words: tuple[str, ...], home: Path) -> None:
    (home / "my.toml").write_text("[discord]\nallow_dm = false\n")

    done = subprocess.run(
        [ROOT / "scripts/run", *words], cwd=home, env=environment(home), capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert "discord.bot_token: is missing" in done.stderr
