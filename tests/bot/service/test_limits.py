"""The program runs under the limits of the units in deploy/systemd, where the kernel can set them."""

from __future__ import annotations

import subprocess
import sys

import pytest

SET_LIMITS = """
import ctypes, sys
if ctypes.CDLL(None).prctl(65, 1, 0, 0, 0):  # PR_SET_MDWE, since Linux 6.3
    sys.exit(77)
"""
USE = """
import ssl
import openab_auth.bot.app, openab_auth.bot.broker.serve, openab_auth.bot.health.server
import psycopg, openab_auth.storage.postgres
from openab_auth.oauth.config import obscure, unobscure
ssl.create_default_context()
assert unobscure(obscure("secret")) == "secret"
try:
    psycopg.connect("postgresql://127.0.0.1:1/none", connect_timeout=2)
except psycopg.OperationalError:
    print("ran")
"""


def test_it_needs_no_memory_that_is_writable_and_executable() -> None:
    """MemoryDenyWriteExecute=yes; some packages with compiled parts could need such memory."""
    done = subprocess.run([sys.executable, "-c", SET_LIMITS + USE], check=False, capture_output=True, text=True)

    if done.returncode == 77:
        pytest.skip("this kernel cannot deny writable and executable memory to a process")
    assert (done.returncode, done.stdout) == (0, "ran\n"), done.stderr
