"""Which store a location opens, what is checked before the first connection, and what is shown of a URL."""

from __future__ import annotations

import subprocess
import sys
import traceback

import pytest

from openab_auth.storage import StoreLocation, StoreOptions, open_reader, open_store
from openab_auth.storage.errors import (
    NoStoreKeysError,
    StoreKeyError,
    StoreNotVerifiedError,
    StoreUnreadableError,
    StoreUrlError,
)
from openab_auth.storage.options import has_password, shown
from openab_auth.storage.postgres import PostgresReader, PostgresStore
from tests.support.patience import PATIENCE

CANARY = "canary-password"
PLAIN = StoreOptions(plaintext=True)


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("/home/ada/auth.json", "/home/ada/auth.json"),
        ("postgresql://host/db", "postgresql://host/db"),
        (f"postgres://ada:{CANARY}@host:5432/db", "postgres://ada@host:5432/db"),
        (f"postgresql://host/db?sslmode=verify-full&password={CANARY}", "postgresql://host/db?sslmode=verify-full"),
        (f"postgresql:///db?host=/run/pg&sslpassword={CANARY}", "postgresql:///db?host=/run/pg"),
        ("postgresql://ada@a:1,b,[::1]:5/db", "postgresql://ada@a:1,b,[::1]:5/db"),
        (f"postgresql://ada:{CANARY}@@host/db", "postgresql://..."),
        (f"postgresql://ada:{CANARY}/x@host/db", "postgresql://..."),
        (f"postgresql://ada:1?{CANARY}@host/db", "postgresql://..."),
        (f"postgresql://ada:{CANARY}", "postgresql://..."),
        (f"redis://:{CANARY}@host", "redis://..."),
    ],
)
def test_a_location_is_shown_without_its_password(url: str, text: str) -> None:
    assert shown(url) == str(StoreLocation(url)) == text
    assert CANARY not in repr(StoreLocation(url))
    assert has_password(url) == (CANARY in url and url.startswith("postgres"))


@pytest.mark.parametrize("name", ["psycopg", "cryptography"])
@pytest.mark.parametrize("function", ["open_store", "open_reader"])
def test_without_the_extra_the_error_says_what_to_install(name: str, function: str) -> None:
    code = f"""
import sys
sys.modules[{name!r}] = None
from openab_auth import storage
try:
    storage.{function}("postgresql:///db", storage.StoreOptions(plaintext=True))
except storage.StoreSettingsError as error:
    print(error.todo)
"""

    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=PATIENCE)

    assert done.stdout == "install openab-auth[postgres]\n"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://db.example.com/x",
        "postgresql://10.0.0.1/x",
        "postgresql://localhost,db.example.com/x",
        "postgresql:///x?host=db.example.com",
        "postgresql://localhost/x?hostaddr=10.0.0.1",
        "postgresql://db.example.com/x?sslmode=require",
        "postgresql://db.example.com/x?sslmode=verify-ca",
        "postgresql:///x?service=office",
    ],
)
def test_a_remote_host_needs_a_checked_certificate(url: str) -> None:
    with pytest.raises(StoreNotVerifiedError, match=r"sslmode=verify-full.*insecure = true"):
        open_store(url, PLAIN)


def test_a_host_in_the_environment_is_remote_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "db.example.com")
    with pytest.raises(StoreNotVerifiedError):
        open_store("postgresql:///x", PLAIN)

    monkeypatch.setenv("PGSSLMODE", "verify-full")
    opens("postgresql:///x", PLAIN)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql:///x",
        "postgresql://localhost/x",
        "postgresql://127.0.0.1:5433/x",
        "postgresql://[::1]/x",
        "postgresql:///x?host=/run/postgresql",
        "postgresql://%2Frun%2Fpostgresql/x",
        "postgresql://db.example.com/x?sslmode=verify-full",
        "postgresql://db.example.com/x?sslrootcert=system",
        "postgresql://db.example.com/x?hostaddr=127.0.0.1",
    ],
)
def test_this_host_and_a_checked_certificate_need_no_permission(url: str) -> None:
    opens(url, PLAIN)


def test_insecure_permits_a_remote_host() -> None:
    opens("postgresql://db.example.com/x", StoreOptions(plaintext=True, insecure=True))


def test_without_keys_no_store_opens_unless_plaintext_is_allowed() -> None:
    with pytest.raises(NoStoreKeysError, match=r"store new-key.*plaintext = true"):
        open_store("postgresql:///x")


def test_the_keys_come_from_the_environment_that_is_passed_in() -> None:
    options = StoreOptions(keys=("a=env:KEY",))
    opens("postgresql:///x", options, {"KEY": "A" * 43 + "="})

    with pytest.raises(StoreKeyError, match="'a'"):
        open_store(StoreLocation("postgresql:///x", options), environ={})


@pytest.mark.parametrize(
    "url",
    [f"postgresql:///x?unknown={CANARY}", f"postgresql://a:{CANARY}@[::1/x", f"postgresql://a:x@{CANARY}@localhost/x"],
)
def test_a_url_that_libpq_refuses_is_not_shown(url: str) -> None:
    with pytest.raises(StoreUrlError) as caught:
        open_store(url, PLAIN)

    assert CANARY not in "".join(traceback.format_exception(caught.value))


def test_other_addresses_have_no_backend() -> None:
    for opened in (open_store, open_reader):
        with pytest.raises(StoreUnreadableError, match=r"redis://\.\.\. .*PostgreSQL URL"):
            opened("redis://host")


def opens(url: str, options: StoreOptions, environ: dict[str, str] | None = None) -> None:
    """Check that the settings of this store are accepted; no database is asked."""
    assert isinstance(open_store(url, options, environ or {}), PostgresStore)
    assert isinstance(open_reader(url, options, environ or {}), PostgresReader)
