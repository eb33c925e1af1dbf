"""PgBouncer in transaction mode: one connection to the server serves the transactions of many clients in turn."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import psycopg
import pytest

from tests.support.postgres.ground import give, wait_until
from tests.support.postgres.server import DATABASE, OWNER, ROWS, SUPERUSER, Server

_CONFIG = """
[databases]
{database} = host={server}
[pgbouncer]
unix_socket_dir = {place}
listen_port = 5432
auth_type = trust
auth_file = {place}/users
admin_users = {superuser}
pool_mode = transaction
default_pool_size = {size}
server_round_robin = 1
"""


def start_pgbouncer(server: Server, *, size: int = 2) -> Path:
    """Start PgBouncer in front of a server, with `size` connections for each role; return the folder of its socket.

    Round robin gives a client another connection for almost every transaction, so that leftovers of a session show.
    """
    path = os.pathsep.join([os.environ["PATH"], "/usr/sbin"])
    if (program := shutil.which("pgbouncer", path=path)) is None:
        pytest.skip("PgBouncer is not installed; as root on Debian, `scripts/setup dev` installs it")
    place = server.ground.place()
    config = _CONFIG.format(database=DATABASE, server=server.folder, place=place, superuser=SUPERUSER, size=size)
    (place / "config").write_text(config)
    (place / "users").write_text("".join(f'"{role}" ""\n' for role in (OWNER, ROWS, SUPERUSER)))
    for file in place.iterdir():
        give(file)
    server.ground.start([program, place / "config"], place)
    wait_until(lambda: _answers(server, place), place / "log")
    return place


def _answers(server: Server, place: Path) -> bool:
    try:
        psycopg.connect(server.url(host=place)).close()
    except psycopg.OperationalError:
        return False
    return True
