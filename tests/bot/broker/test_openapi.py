"""The page at /v1/openapi.json describes the broker: schemathesis sends what it allows, and what it does not."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from tests.bot.broker.running_broker import RunningBroker, put_key
from tests.support.patience import PATIENCE

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")


async def test_the_broker_answers_as_its_page_says(broker: RunningBroker, home: Path) -> None:
    """The examples are bounded in number; the seed makes a failure repeatable."""
    key = put_key(home, "ci", "codex", thread=7)
    process = await asyncio.create_subprocess_exec(
        SCHEMATHESIS, "run", f"{broker.url}/v1/openapi.json", "--header", f"Authorization: Bearer {key}",
        "--max-examples", "15", "--phases", "examples,coverage,fuzzing", "--checks", "all", "--seed", "7",
        "--no-color", cwd=home, env={"PATH": os.environ["PATH"], "HOME": str(home)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    out, _ = await asyncio.wait_for(process.communicate(), PATIENCE)

    assert process.returncode == 0, out.decode()
    assert "unforeseen error" not in broker.log.read_text()


async def test_the_page_needs_no_key_and_names_every_path(broker: RunningBroker) -> None:
    page = (await broker.ask("/v1/openapi.json", tcp=True)).body

    assert page["openapi"] == "3.1.0"
    paths = page["paths"]
    assert isinstance(paths, dict)
    assert paths.keys() == {
        "/v1/token/{account}",
        "/v1/token/{account}/rejected",
        "/v1/request",
        "/v1/status",
        "/healthz",
        "/readyz",
        "/v1/openapi.json",
    }
