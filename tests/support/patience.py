"""How long a test waits for what must happen: on a machine that others share, too, only a hang takes longer."""

from __future__ import annotations

from typing import Final

PATIENCE: Final = 120.0  # seconds
