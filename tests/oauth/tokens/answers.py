"""The error that tells a process to wait."""

from __future__ import annotations

from typing import Any

SLOW_DOWN: dict[str, Any] = {"status": 429, "headers": {"Retry-After": "300"}}
