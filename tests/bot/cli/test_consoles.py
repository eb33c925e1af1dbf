"""A console that lacks characters, is closed or full, or has lost its reader: what a command has done stays done."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer
from tests.bot.cli.started_commands import OPENAB_AUTH

NO_UTF8 = {
    "C": {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    "ascii:strict": {"PYTHONIOENCODING": "ascii:strict"},
    "cp1252": {"PYTHONIOENCODING": "cp1252"},
}
TITLE = "Läb ☕ 實驗室"
CLOSED = {"stdin": "<&-", "stdout": ">&-", "stderr": "2>&-", "all": "<&- >&- 2>&-"}
BROKEN = ("full", "no reader", "read only")


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with Issuer.listening() as issuer:
        yield issuer


@pytest.fixture
def lab(issuer: Issuer, home: Path) -> Path:
    """A home with a vendor whose title has letters of three alphabets."""
    folder = home / "store"
    (home / ".config/openab-auth/config.toml").write_text(
        f"""
        [store]
        path = "{folder}/auth.json"
        [auth]
        vendors = ["lab"]
        [vendors.lab]
        title = "{TITLE}"
        authorize_url = "{issuer.authorize_url}"
        token_url = "{issuer.token_url}"
        client_id = "{CLIENT_ID}"
        redirect_uri = "{REDIRECT_URI}"
        scopes = ["openid", "email", "offline_access"]
        account_from = "email"
        """,
        encoding="utf-8",
    )
    return folder / "auth.json"


async def call(
    home: Path, *words: str, env: dict[str, str] | None = None, streams: str = "", output: int = subprocess.PIPE
) -> tuple[int | None, bytes, bytes]:
    """Run the command through a shell that may close its streams; nothing is on its standard input."""
    process = await asyncio.create_subprocess_exec(
        "sh", "-c", f'exec "$0" "$@" {streams}', OPENAB_AUTH, *words, cwd=home,
        env={"PATH": os.environ["PATH"], "HOME": str(home)} | (env or {}),
        stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), 30)
    assert b"Traceback" not in err, err.decode()
    assert b"Exception ignored" not in err, err.decode()
    return process.returncode, out or b"", err


async def redirect(home: Path, issuer: Issuer) -> str:
    _, out, _ = await call(home, "login", "lab", "--json")
    return await issuer.approve(json.loads(out)["url"])


def write_login(store: Path) -> None:
    """Write logins whose tokens are valid."""
    rest = {"refresh_token": "r", "expires_at": 2**40, "token_endpoint": "http://127.0.0.1:9/token"}
    logins = {name: {"access_token": f"{name}-token", "provider": name, **rest} for name in ("lab", "codex")}
    store.parent.mkdir(mode=0o700, exist_ok=True)
    store.write_text(json.dumps(logins))
    store.chmod(0o600)


def stored(lab: Path) -> list[str]:
    return list(json.loads(lab.read_text()))


@pytest.mark.parametrize("env", NO_UTF8.values(), ids=NO_UTF8)
async def test_a_login_is_stored_and_told_on_a_console_without_utf_8(
    home: Path, lab: Path, issuer: Issuer, env: dict[str, str]
) -> None:
    status, out, _ = await call(home, "login", "lab", env=env)
    assert status == 0
    link = next(line for line in out.decode("latin-1").splitlines() if line.startswith("http"))
    status, out, _ = await call(home, "complete", "lab", await issuer.approve(link), env=env)

    assert (status, stored(lab)) == (0, ["lab"])
    assert b"Logged in to L" in out
    assert b"\\u2615" in out


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "cp437"])
async def test_json_is_utf_8_where_the_console_has_the_letters_too(home: Path, lab: Path, encoding: str) -> None:
    """RFC 8259, section 8.1: programs that read JSON expect UTF-8."""
    config = home / ".config/openab-auth/config.toml"
    config.write_text(config.read_text(encoding="utf-8").replace(TITLE, "Läb"), encoding="utf-8")

    _, out, _ = await call(home, "vendors", "--json", env={"PYTHONIOENCODING": encoding})
    _, _, err = await call(home, "--config", "/läb", "status", "--json", env={"PYTHONIOENCODING": encoding})

    assert "Läb" in [row["title"] for row in json.loads(out)["vendors"]]
    assert "/läb" in json.loads(err)["error"]["message"]


@pytest.mark.parametrize("env", NO_UTF8.values(), ids=NO_UTF8)
async def test_every_object_is_json_on_a_console_without_utf_8(
    home: Path, lab: Path, issuer: Issuer, env: dict[str, str]
) -> None:
    paste = await redirect(home, issuer)
    for words in (
        ["complete", "lab", paste], ["status"], ["vendors"], ["doctor"], ["refresh", "lab"], ["logout", "lab"],
    ):  # fmt: skip
        status, out, _ = await call(home, *words, "--json", env=env)
        assert (status, json.loads(out) != {}) == (0, True)
        if words == ["vendors"]:
            assert TITLE in [row["title"] for row in json.loads(out)["vendors"]]
    status, _, err = await call(home, "login", "läb ☕", "--json", env=env)
    assert (status, json.loads(err)["error"]["code"]) == (2, "unknown_vendor")


@pytest.mark.parametrize("env", NO_UTF8.values(), ids=NO_UTF8)
async def test_every_command_writes_on_a_console_without_utf_8(home: Path, lab: Path, env: dict[str, str]) -> None:
    for words, expected in (
        (["--help"], 0), (["vendors"], 0), (["status"], 0), (["doctor"], 0), (["token", "☕"], 3), (["cancel", "x"], 8),
    ):  # fmt: skip
        status, out, err = await call(home, *words, env=env)
        assert out or err
        assert (words, status) == (words, expected)


@pytest.mark.parametrize(
    "words", [["status"], ["token", "lab"], ["login", "lab"], ["doctor"], ["vendors"]], ids=" ".join
)
async def test_a_path_that_the_locale_cannot_name_is_told(home: Path, lab: Path, words: list[str]) -> None:
    """Python takes the encoding of file names from the locale, too."""
    config = home / ".config/openab-auth/config.toml"
    config.write_text(config.read_text(encoding="utf-8").replace("/store/", "/läb/"), encoding="utf-8")
    status, out, err = await call(home, *words, env=NO_UTF8["C"])

    assert status == (1 if words == ["doctor"] else 6)
    assert b"the locale of this process has no such characters; set LANG=C.UTF-8" in out + err
    assert not (home / "läb").exists()


@pytest.mark.parametrize("closed", CLOSED.values(), ids=CLOSED)
async def test_a_login_is_stored_although_streams_are_closed(
    home: Path, lab: Path, issuer: Issuer, closed: str
) -> None:
    status, _, _ = await call(home, "complete", "lab", await redirect(home, issuer), streams=closed)

    assert (status, stored(lab)) == (0, ["lab"])


@pytest.mark.parametrize("closed", [CLOSED["stdout"], CLOSED["all"]], ids=["stdout", "all"])
async def test_no_command_stumbles_over_closed_streams(home: Path, lab: Path, closed: str) -> None:
    for words, expected in (
        (["token", "lab"], 1), (["token", "lab", "--json"], 1), (["status"], 0), (["vendors"], 0), (["--help"], 0),
        (["exec", "codex", "--", "true"], 0), (["complete", "lab"], 7), (["obscure"], 0), (["reveal"], 2),
        (["cancel", "lab"], 8), (["nonsense"], 2), (["logout", "lab", "--local"], 0), (["token", "lab"], 3),
    ):  # fmt: skip
        if expected == 1:
            write_login(lab)
        status, *_ = await call(home, *words, streams=closed)
        assert (words, status) == (words, expected)


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("as_json", [(), ("--json",)], ids=["text", "json"])
async def test_a_login_is_stored_although_its_output_is_lost(
    home: Path, lab: Path, issuer: Issuer, broken: str, as_json: tuple[str, ...]
) -> None:
    paste = await redirect(home, issuer)
    output = _broken(broken)
    try:
        status, _, err = await call(home, "complete", "lab", paste, *as_json, output=output)
    finally:
        os.close(output)

    assert (status, stored(lab)) == (1, ["lab"])
    if broken == "no reader":
        assert err == b""
    else:
        assert b"the result could not be written" in err
        assert b"the work of the command is done" in err


@pytest.mark.parametrize("broken", BROKEN)
async def test_lost_output_is_status_1(home: Path, lab: Path, broken: str) -> None:
    write_login(lab)
    output = _broken(broken)
    try:
        for words in (["--help"], ["status"], ["token", "lab"], ["doctor"]):
            status, *_ = await call(home, *words, output=output)
            assert (words, status) == (words, 1)
    finally:
        os.close(output)


@pytest.mark.parametrize("broken", BROKEN)
async def test_a_lost_standard_error_changes_no_status(home: Path, lab: Path, broken: str) -> None:
    output = _broken(broken)
    try:
        status, *_ = await call(home, "token", "lab", streams="2>&1 >/dev/null", output=output)
    finally:
        os.close(output)

    assert status == 3


def test_a_file_of_the_store_is_never_a_standard_stream(home: Path) -> None:
    """Without a stream in its place, the next file that is opened would be descriptor 1."""
    code = (
        "import os\n"
        "from openab_auth.bot.cli import consoles\n"
        "consoles.open_consoles()\n"
        "opened = os.open(os.environ['HOME'], os.O_RDONLY)\n"
        "os.write(int(os.environ['ANSWER']), str(opened).encode())\n"
    )
    reader, writer = os.pipe()
    try:
        subprocess.run(
            ["sh", "-c", 'exec "$0" -c "$1" <&- >&- 2>&-', sys.executable, code],
            env={"HOME": str(home), "ANSWER": str(writer)},
            pass_fds=[writer],
            check=True,
        )
        assert int(os.read(reader, 9)) > 2
    finally:
        os.close(reader)
        os.close(writer)


def _broken(kind: str) -> int:
    """Return a descriptor to which nothing can be written."""
    if kind == "full":
        return os.open("/dev/full", os.O_WRONLY)
    if kind == "read only":
        return os.open(os.devnull, os.O_RDONLY)
    reader, writer = os.pipe()
    os.close(reader)
    return writer
