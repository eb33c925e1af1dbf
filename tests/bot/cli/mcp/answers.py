"""Read the command's JSON about MCP servers."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from typing import Any

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def said(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def checks(call: Run) -> dict[str, dict[str, Any]]:
    return {check["name"]: check for check in json.loads(call("doctor", "--json").stdout)["checks"]}
