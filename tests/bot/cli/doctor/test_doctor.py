"""`doctor`: each problem is named with its repair, and nothing else is reported."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from openab_auth.bot.cli.doctor.filesystem import mount_of
from openab_auth.bot.cli.doctor.network import check_network
from openab_auth.bot.playground.discord import EmbeddedDiscord
from openab_auth.bot.playground.issuer import Issuer
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.oauth.config import AuthSettings, Config
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import Secret

Run = Callable[..., "subprocess.CompletedProcess[str]"]
CANARY = "canary-3f9c"
NOWHERE = """
[auth]
vendors = ["lab"]
[vendors.lab]
authorize_url = "http://127.0.0.1:9/auth"
token_url = "http://127.0.0.1:9/token"
client_id = "lab"
redirect_uri = "http://localhost:1455/auth/callback"
"""


def checks_of(done: "subprocess.CompletedProcess[str]") -> dict[str, dict[str, Any]]:
    return {check["name"]: check for check in json.loads(done.stdout)["checks"]}


def write_store(home: Path, tenant: str = "codex") -> Path:
    store = home / ".openab/agent/auth.json"
    store.parent.mkdir(parents=True, mode=0o700)
    entry = {
        "access_token": CANARY,
        "refresh_token": CANARY,
        "expires_at": 2**40,
        "token_endpoint": "https://x.example/",
        "provider": tenant,
    }
    store.write_text(json.dumps({tenant: entry}))
    store.chmod(0o600)
    return store


def test_an_unreachable_vendor_is_a_failure_and_the_clock_is_not_claimed(call: Run, home: Path) -> None:
    (home / ".config/openab-auth/config.toml").write_text(NOWHERE)
    write_store(home)

    done = call("doctor", "--json")

    checks = checks_of(done)
    assert done.returncode == 1
    assert [checks[name]["ok"] for name in ("config", "store", "locks", "file system")] == [True] * 4
    assert not checks["lab reach"]["ok"]
    assert checks["lab reach"]["hint"]
    assert checks["clock"]["message"].startswith("not checked")
    assert checks["discord"]["message"].startswith("not checked")
    assert CANARY not in done.stdout


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ("[discord]\nalowed_users = []\n", "discord.alowed_users"),
        ('[discord]\nbot_token = "${NOT_SET_HERE}"\n', "NOT_SET_HERE"),
        ("[vendors.lab]\ntoken_ulr = 'x'\n", "vendors.lab.token_ulr"),
        ("[discord\n", "is no TOML"),
    ],
)
def test_a_mistake_in_the_config_is_one_finding_and_the_rest_is_looked_at(
    wrong: str, named: str, call: Run, home: Path
) -> None:
    (home / ".config/openab-auth/config.toml").write_text(wrong)
    store = write_store(home)

    done = call("doctor", "--json", env={"HTTPS_PROXY": "http://127.0.0.1:9"})

    checks = checks_of(done)
    assert done.returncode == 1
    assert not checks["config"]["ok"]
    assert named in checks["config"]["message"]
    assert f"{store}: 1 entry, readable and writable" in checks["store"]["message"]


def test_the_mistakes_of_every_table_are_named_at_once(call: Run, home: Path) -> None:
    tables = '[discord]\nallowed_users = ["ada"]\n[auth]\nmcp_ad = true\n[vendors.lab]\nflow = "x"\n'
    (home / ".config/openab-auth/config.toml").write_text(tables)

    found = checks_of(call("doctor", "--json", env={"HTTPS_PROXY": "http://127.0.0.1:9"}))["config"]

    for key in ("discord.allowed_users", "auth.mcp_ad: is not known (did you mean mcp_add?)", "vendors.lab.flow"):
        assert key in found["message"]


def test_what_the_store_keeps_beside_it_after_trouble_is_shown(call: Run, home: Path) -> None:
    """Show a quarantined file, a killed writer's temporary file, and a spill that could not be committed."""
    (home / ".config/openab-auth/config.toml").write_text(NOWHERE)
    store = write_store(home)
    for name in ("auth.json.corrupt-1700000000", "auth.json.tmp.4711.0", "auth.json.spill.codex"):
        (store.parent / name).write_text(CANARY)
        (store.parent / name).chmod(0o600)
        os.utime(store.parent / name, (0, 0))

    text = call("doctor").stdout

    for name in ("auth.json.corrupt-1700000000", "auth.json.tmp.4711.0", "auth.json.spill.codex"):
        assert f"{store.parent / name} " in text
    assert CANARY not in text


def test_a_store_that_cannot_be_read_is_a_finding_like_the_others(call: Run, home: Path) -> None:
    (home / ".config/openab-auth/config.toml").write_text(NOWHERE)
    write_store(home).write_bytes(b"\xff")

    checks = checks_of(call("doctor", "--json"))

    assert not checks["store"]["ok"]
    assert checks["config"]["ok"]


def test_files_that_are_not_the_owners_alone_are_found(call: Run, home: Path) -> None:
    (home / ".config/openab-auth/config.toml").write_text(NOWHERE)
    store = write_store(home)
    store.parent.chmod(0o777)
    (store.parent / "auth.json.notes").write_text("{}")
    (store.parent / "auth.json.notes").chmod(0o644)
    (store.parent / "auth.json.global.lock").symlink_to("/dev/null")

    text = call("doctor").stdout

    assert f"chmod 700 {store.parent}" in text
    assert f"chmod 600 {store}.notes" in text
    assert f"rm {store}.global.lock" in text


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_sidecar_of_another_user_is_found(call: Run, home: Path) -> None:
    (home / ".config/openab-auth/config.toml").write_text(NOWHERE)
    store = write_store(home)
    (store.parent / "auth.json.refresh.codex.lock").touch(0o600)
    os.chown(store.parent / "auth.json.refresh.codex.lock", 4711, 4711)

    text = call("doctor").stdout

    assert "belongs to uid 4711, not to 0" in text
    assert "chown 0 " in text


def test_a_variable_shadows_only_a_login_that_is_there(call: Run, home: Path) -> None:
    (home / ".config/openab-auth/config.toml").write_text(NOWHERE)
    write_store(home)

    text = call("doctor", env={"OPENAI_API_KEY": CANARY, "ANTHROPIC_API_KEY": CANARY}).stdout

    assert "$OPENAI_API_KEY" in text
    assert "$ANTHROPIC_API_KEY" not in text
    assert CANARY not in text


async def test_servers_that_answer_are_in_reach_and_tell_the_time(issuer: Issuer) -> None:
    vendors: dict[str, dict[str, object]] = {
        "lab": {
            "authorize_url": issuer.authorize_url,
            "token_url": issuer.token_url,
            "client_id": "x",
            "redirect_uri": "http://localhost/",
        },
        "own": {"flow": "command", "command": ["sh", "-c", "true"]},
        "gone": {"flow": "command", "command": ["no-such-program-here"]},
        "variable": {"flow": "env", "env": ["A_VARIABLE"]},
    }
    catalogue = Catalogue.from_config(Config(vendors=vendors, auth=AuthSettings(vendors=tuple(vendors))), {})
    async with EmbeddedDiscord.listening() as discord:
        right, wrong = (
            DiscordSettings(bot_token=Secret(token), api_base=discord.api_base) for token in (discord.bot_token, CANARY)
        )

        checks = {check.name: check for check in await check_network(catalogue.offered(), right)}
        [refused, *_] = await check_network([], wrong)

    assert {name: check.ok for name, check in checks.items()} == {
        "discord": True,
        "permissions": True,
        "lab reach": True,
        "own program": True,
        "gone program": False,
        "variable reach": True,
        "clock": True,
    }
    assert "within 60 s" in checks["clock"].message
    assert checks["lab reach"].message == "127.0.0.1 can be reached (HTTP 405)"
    assert not refused.ok
    assert CANARY not in str(refused)


async def test_a_clock_that_is_wrong_is_found_by_the_servers_dates(issuer: Issuer) -> None:
    lab = {"authorize_url": issuer.authorize_url, "token_url": issuer.token_url, "client_id": "x"}
    config = Config(vendors={"lab": lab | {"redirect_uri": "http://localhost/"}}, auth=AuthSettings(vendors=("lab",)))
    issuer.faults.next("/token", status=400, headers={"Date": "Tue, 15 Nov 1994 08:12:31 GMT"})

    *_, clock = await check_network(Catalogue.from_config(config, {}).offered(), DiscordSettings())

    assert not clock.ok
    assert "s ahead of" in clock.message


MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /home rw - nfs4 nas:/home rw,vers=4.2,local_lock=none
31 22 0:41 / /mnt/old rw - nfs nas:/old rw,vers=3,local_lock=flock
32 22 0:42 / /mnt/with\\040space rw - fuse.sshfs me@there: rw
33 22 0:43 / /mnt/top rw - 9p share rw
34 33 0:44 / /mnt/top rw - tmpfs tmpfs rw
35 22 8:2 / /mnt/ntfs rw - fuseblk /dev/sdb1 rw
a line of another kernel
"""


@pytest.mark.parametrize(
    ("folder", "kind", "shared"),
    [
        ("/var/lib", "ext4", True),
        ("/home/ada/.openab/agent", "nfs4", True),
        ("/mnt/old/x", "nfs", False),
        ("/mnt/with space/x", "fuse.sshfs", False),
        ("/mnt/top", "tmpfs", True),
        ("/mnt/topmost", "ext4", True),
        ("/mnt/ntfs", "fuseblk", True),
    ],
)
def test_file_systems_whose_locks_hold_on_one_machine_alone_are_known(folder: str, kind: str, shared: bool) -> None:
    mount = mount_of(Path(folder), MOUNTS)

    assert mount is not None
    assert (mount.kind, mount.flock_is_shared) == (kind, shared)


def test_no_mount_is_claimed_where_the_system_names_none() -> None:
    assert mount_of(Path("/x"), "") is None


def test_a_bot_token_that_can_be_none_is_a_finding(call: Run, home: Path) -> None:
    (home / ".config/openab-auth/config.toml").write_text(NOWHERE)

    done = call("doctor", "--json", env={"DISCORD_TOKEN": "tökén"})

    assert not checks_of(done)["discord"]["ok"]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("config", "ok"),
    [("", True), ('[auth]\nvendors = ["gemini", "codex"]\n', False), ('[auth]\nvendors = ["codex"]\n', None)],
)
def test_a_missing_secret_is_named_and_fails_where_its_vendor_is_listed(
    config: str, ok: bool | None, call: Run, home: Path
) -> None:
    (home / ".config/openab-auth/config.toml").write_text(config)

    done = call("doctor", "--json", env={"HTTPS_PROXY": "http://127.0.0.1:9", "PATH": "/nonexistent"})

    check = checks_of(done).get("gemini login")
    assert (check["ok"] if check else None) is ok
    assert check is None or "GEMINI_OAUTH_CLIENT_SECRET" in check["hint"]


def test_a_listed_vendor_whose_risk_is_not_accepted_is_a_failure(call: Run, home: Path) -> None:
    (home / ".config/openab-auth/config.toml").write_text('[auth]\nvendors = ["claude", "codex"]\n')

    done = call("doctor", "--json", env={"HTTPS_PROXY": "http://127.0.0.1:9"})

    check = checks_of(done)["claude login"]
    assert not check["ok"]
    assert "legal-and-compliance" in check["message"]
    assert check["hint"] == 'to accept the risk, add "claude" to [auth] accept_risk'
