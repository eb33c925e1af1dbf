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
HOUR = "$(date +%FT%H)"
ENTRY = {"refresh_token": "rt", "token_endpoint": "https://x.example/", "provider": "codex"}


def test_the_commands_about_backups_work_as_they_stand(home: Path, tmp_path: Path) -> None:
    section = PAGE.read_text().partition("\n## Backup and restore\n")[2].partition("\n## ")[0]
    prepare, backup, cron, restore, rehearsal = BLOCK.findall(section)
    agent = home / ".openab/agent"
    agent.mkdir(parents=True, mode=0o700)
    entry = {"access_token": "at", "expires_at": int(time.time()) + 3600, **ENTRY}
    (agent / "auth.json").write_text(json.dumps({"codex": entry}))
    assert "/var/backups/openab-auth\n" in prepare
    (tmp_path / "backups/openab-auth").mkdir(parents=True)

    def run(block: str) -> str:
        """Run a block as the bot's user, with the folders of this test and the hour that the page names."""
        text = block.replace("/var/backups", f"{tmp_path}/backups").replace("sudo ", "").replace(HOUR, "2026-11-27T21")
        text = re.sub(r"\S*/rehearsal", f"{tmp_path}/rehearsal", text)
        done = subprocess.run(
            ["bash", "-euc", text],
            env={"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(home)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "1 login" in run(backup)
    by_cron = re.findall(r"^[\d*]+ .*? openab-auth (.+)$", cron, re.MULTILINE)
    hourly, cleaning = (line.replace("\\%", "%").replace("/opt/openab-auth/bin/", "") for line in by_cron)
    run(hourly.replace(HOUR, "2026-11-27T22"))
    run(cleaning)
    assert {file.name for file in (tmp_path / "backups/openab-auth").iterdir()} == {"2026-11-27T21", "2026-11-27T22"}
    assert "waiting: codex" in run(rehearsal)
    assert not (tmp_path / "rehearsal").exists()
    (agent / "auth.json").unlink()
    assert "waiting: codex" in run(restore)
