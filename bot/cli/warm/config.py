"""Read a plain config without `tomllib`, whose import alone takes a third of the time that a warm token may take.

Lines that hold a table's name, or a key with a simple value, are read here; for any other file `tomllib` is imported.
A plain file in plain folders, which only root and this user may change, is trusted here. `oauth.config.trusted_file`
judges every other file.
"""

import json
import os
import re
import stat

_MOST = 1 << 20  # bytes, as in `openab_auth.oauth.config.trusted_file`
_FILE_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW
_TABLES = frozenset({"discord", "store", "bot", "log", "auth", "broker", "vendors", "mcp"})
_AUTH = frozenset(
    {
        *("vendors", "accept_risk", "allow_http_loopback", "refresh_ahead", "mcp_json", "mcp_add", "mcp_proxy"),
        *("accounts", "channels", "on_leave", "ask"),
    }
)
_BOT = frozenset({"health"})
_LOG = {"level": ("debug", "info", "warning", "error"), "format": ("json", "text")}
_BROKER = frozenset({"uids", "health"})
_CHANNEL = {"accounts": str, "vendors": list, "allowed_roles": list}
_POLICIES = ("shared", "personal")
_LONGEST_ID = 20  # digits
_TEXT = r'"[^"\\\x00-\x08\x0a-\x1f\x7f]*"'
_ITEM = rf"(?:{_TEXT}|0|[1-9][0-9]{{0,17}})"
_LINE = re.compile(
    rf"[ \t]*(?:\[([\w-]+)(?:\.([\w-]+)(?:\.\x22([0-9]+)\x22)?)?\]|([\w-]+)[ \t]*=[ \t]*"
    rf"({_TEXT}|true|false|0|[1-9][0-9]{{0,17}}|\[(?:[ \t]*{_ITEM}[ \t]*(?:,[ \t]*{_ITEM}[ \t]*)*)?\]))?"
    r"[ \t]*(?:#[^\x00-\x08\x0a-\x1f\x7f]*)?",
    re.ASCII,
)


# `[store] path`, the tables of vendors, the names of MCP servers, whether openab's list may name more servers; and the
# policy of all threads, with those of single channels.
Config = tuple[str, dict[str, dict[str, object]], set[str], bool, tuple[str, dict[str, str]]]


def read_config(path: str) -> Config:
    """Return the store and the tenants that a config names; a relative path starts at the folder of the config.

    Raises:
        OSError: the file cannot be read, or others could have changed it.
        ValueError, TypeError, RecursionError: it has mistakes, or variables outside of `[discord]`.
    """
    path = os.path.abspath(path) if ".." not in path.split("/") else path  # noqa: PTH100 - pathlib costs 2 ms
    try:
        text = _read_plain_file(path)
    except OSError:  # links, as in a ConfigMap, or a group that may write: the full rules decide
        from openab_auth.oauth.config import read_trusted_file  # noqa: PLC0415 - it costs more than a warm token may take

        text = read_trusted_file(path, os.environ).decode("utf-8-sig")
    return _checked(read_toml(text), path)


def _read_plain_file(path: str) -> str:
    found = check_trusted(path)
    descriptor = os.open(path, _FILE_FLAGS)
    try:
        opened = os.fstat(descriptor)
        if (opened.st_ino, opened.st_dev, opened.st_uid, opened.st_mode) != found or opened.st_size > _MOST:
            raise OSError
        with open(descriptor, encoding="utf-8-sig", closefd=False, newline="") as file:
            return file.read()
    finally:
        os.close(descriptor)


def check_trusted(path: str) -> tuple[int, int, int, int]:
    """Check a file and all folders above it; return the file's inode, device, owner and mode.

    Raises:
        OSError: the file is missing, its path has a symbolic link, or somebody else might have changed the file.
    """
    owners, at = {0, os.geteuid()}, ""
    found = os.lstat("/")
    for step in path.split("/")[1:]:
        if found.st_uid not in owners or not stat.S_ISDIR(found.st_mode) or step == "..":
            raise OSError
        if found.st_mode & 0o022 and not found.st_mode & stat.S_ISVTX:
            raise OSError
        at += f"/{step}"
        found = os.lstat(at)
    if found.st_uid not in owners or not stat.S_ISREG(found.st_mode) or found.st_mode & 0o022:
        raise OSError
    return found.st_ino, found.st_dev, found.st_uid, found.st_mode


def read_toml(text: str) -> dict[str, object]:
    """Return the tables of a TOML text.

    Raises:
        ValueError, RecursionError: it is not TOML.
    """
    tables = _read_plain(text)
    if tables is None:
        import tomllib  # noqa: PLC0415 - see above

        tables = tomllib.loads(text)
    return tables


def _read_plain(text: str) -> dict[str, object] | None:
    """Return the tables of a text, or None if a line is not plain."""
    top: dict[str, object] = {}
    here, headers = top, set()
    for line in text.split("\n"):
        match = _LINE.fullmatch(line.removesuffix("\r"))
        if match is None:
            return None
        first, second, third, key, value = match.groups()
        if key:
            if key in here:
                return None
            here[key] = json.loads(value)
        elif first:
            table = top.setdefault(first, {})
            if second and isinstance(table, dict):
                table = table.setdefault(second, {})
            if third and isinstance(table, dict):
                table = table.setdefault(third, {})
            if not isinstance(table, dict) or (first, second, third) in headers:
                return None
            here = table
            headers.add((first, second, third))
    return top


def _checked(tables: dict[str, object], path: str) -> Config:
    """Return the needed values of the tables.

    Raises:
        ValueError, TypeError: the full command would find a mistake or replace a variable there.
    """
    store, auth = _table(tables, "store"), _table(tables, "auth")
    vendors, servers, broker = _table(tables, "vendors"), _table(tables, "mcp"), _table(tables, "broker")
    bot, log = _table(tables, "bot"), _table(tables, "log")
    named, listed = store.get("path", ""), auth.get("mcp_json", "")
    known = _TABLES.issuperset(tables) and {"path"}.issuperset(store) and _AUTH.issuperset(auth)
    known &= _BROKER.issuperset(broker) and _BOT.issuperset(bot)
    known &= all(value in _LOG.get(key, ()) for key, value in log.items())
    if not known or "${" in json.dumps([store, bot, auth, broker, vendors, servers]):
        raise ValueError
    if not isinstance(named, str) or not isinstance(listed, str):
        raise TypeError
    if named and not named.startswith("~") and "://" not in named:
        named = os.path.join(os.path.dirname(path), named)  # noqa: PTH118, PTH120 - pathlib costs 2 ms
    vendors_here = {name: _table(vendors, name) for name in vendors}
    return named, vendors_here, {*servers}, bool(listed), _read_policies(auth)


def _read_policies(auth: dict[str, object]) -> tuple[str, dict[str, str]]:
    """Return the policy of all threads, and those of single channels.

    Raises:
        ValueError, TypeError: the full command would find a mistake there.
    """
    channels, policies = _table(auth, "channels"), {"": auth.get("accounts", "shared")}
    for name in channels:
        channel = _table(channels, name)
        if not name.isascii() or not name.isdigit() or len(name) > _LONGEST_ID or not _CHANNEL.keys() >= channel.keys():
            raise ValueError
        if not all(isinstance(value, _CHANNEL[key]) for key, value in channel.items()):
            raise TypeError
        if "accounts" in channel:
            policies[str(int(name))] = channel["accounts"]
    if not all(policy in _POLICIES for policy in policies.values()):
        raise ValueError
    checked = {name: str(policy) for name, policy in policies.items()}
    return checked.pop(""), checked


def _table(tables: dict[str, object], name: str) -> dict[str, object]:
    table = tables.get(name, {})
    if not isinstance(table, dict):
        raise TypeError
    return table
