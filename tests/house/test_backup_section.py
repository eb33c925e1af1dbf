"""The commands about backups in docs/operations.md work as they stand."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs/operations.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ENTRY = {"refresh_token": "rt", "token_endpoint": "https://x.example/", "provider": "codex"}


def test_the_commands_about_backups_work_as_they_stand(home: Path, tmp_path: Path) -> None:
    section = PAGE.read_text().partition("\n## Backup and restore\n")[2].partition("\n## ")[0]
    backup, restore, rehearsal = BLOCK.findall(section)
    agent = home / ".openab/agent"
    agent.mkdir(parents=True, mode=0o700)
    entry = {"access_token": "at", "expires_at": int(time.time()) + 3600, **ENTRY}
    (agent / "auth.json").write_text(json.dumps({"codex": entry}))
    (tmp_path / "backups").mkdir()

    def run(block: str) -> str:
        """Run a block with the folders of this test in the place of the machine's, and the date of today."""
        text = block.replace("/var/backups", f"{tmp_path}/backups")
        text = re.sub(r"\S*/rehearsal", f"{tmp_path}/rehearsal", text)
        done = subprocess.run(
            ["bash", "-euc", text.replace("2026-11-27", "$(date +%F)")],
            env={"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(home)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "1 login" in run(backup)
    assert "waiting: codex" in run(rehearsal)
    assert not (tmp_path / "rehearsal").exists()
    (agent / "auth.json").unlink()
    assert "waiting: codex" in run(restore)
