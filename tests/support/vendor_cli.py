"""A vendor's login program for tests: `vendor_cli.py MODE FOLDER`; it stores everything in FOLDER."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

LINK = "https://login.example.com/oauth/authorize?client_id=cli&state=abc"
MODE, FOLDER = sys.argv[1], Path(sys.argv[2])


def say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


(FOLDER / "pid").write_text(str(os.getpid()))
if not sys.stdin.isatty():
    sys.exit("this program wants a terminal")
Path("/dev/tty").open().close()  # its controlling terminal, as a password prompt needs it

if MODE in {"paste", "again"}:
    say("\x1b[1mWelcome!\x1b[0m See https://example.com/docs for help.\r\n")
    say(f"Open this link:\r\n\x1b]8;;{LINK}\x1b\\click \x1b[32mhere\x1b[0m\x1b]8;;\x1b\\\r\nPaste the code: ")
    while True:
        pasted = input()
        if "good" in pasted:
            (FOLDER / "credential").write_text(pasted)
            say("\r\nLogged in as ada@example.com\r\n")
            sys.exit(0)
        if MODE == "paste":
            sys.exit(f"\r\nerror: {pasted} is not valid")
        say(f"\r\n{pasted} is not valid, try again: ")
elif MODE == "device":
    say(f"Go to {LINK}\r\n")
    time.sleep(0.3)
    say("and enter the code: WXYZ-1234\r\n")
    while not (FOLDER / "approved").exists():
        time.sleep(0.02)
    sys.exit(0)
elif MODE == "silent":
    time.sleep(60)
elif MODE == "done":
    say("You are logged in already.\r\n")
elif MODE == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    (FOLDER / "child").write_text(str(child.pid))
    say(f"Open {LINK}\r\n")
    time.sleep(60)
elif MODE == "leaves":
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    (FOLDER / "child").write_text(str(child.pid))
    say(f"Open {LINK}\r\n")
elif MODE == "environment":
    found = {**os.environ, "PWD": str(Path.cwd())}
    (FOLDER / "environment").write_text("\n".join(f"{name}={value}" for name, value in found.items()))
    say(f"Open {LINK}\r\n")
