"""Answer `token` and `exec` from one read of the credential file, or raise `UnusualError`.

A test compares these answers with those of the full commands. As in `oauth.config.paths`, nothing is searched
for in the working directory: it may be a stranger's repository.
"""

import json
import os
import stat
import time

from openab_auth.bot.cli.warm.vendors import TENANTS, VARIABLES
from openab_auth.storage.format import json_text

SKEW = 120  # seconds, as in `openab_auth.oauth.entries.login_entry`: a token this close to its end is renewed first
_LONGEST_TTL = 10**9  # seconds, as in `openab_auth.bot.cli.shared_options`
_LONGEST_ID = 20  # digits of a Discord id
_FILE_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
_BROKER_VARIABLES = frozenset({"OPENAB_AUTH_BROKER", "OPENAB_AUTH_BROKER_KEY", "OPENAB_AUTH_BROKER_KEY_FILE"})
_THREAD_VARIABLES = frozenset({"OPENAB_AUTH_THREAD", "OPENAB_THREAD_ID", "OPENAB_CHANNEL_ID"})
_OVERRIDES = frozenset({"tenant", "env", "exec_env"})  # keys of a vendor's table that change where its token goes


class UnusualError(Exception):
    """Report that this is no plain case, so that the full command must decide."""


class Request:
    """The plain words of one command line: the command, its tenants, its options, and the command behind `--`."""

    __slots__ = ("child", "command", "json", "options", "tenants")

    def __init__(self, words: list[str]) -> None:
        plain: list[str] = []
        self.options: dict[str, str] = {}
        self.json, self.child = False, []  # type: tuple[bool, list[str]]
        rest, is_over = iter(words), False
        for word in rest:
            name, equals, value = word.partition("=")
            if word == "--" and plain[:1] == ["exec"]:
                self.child = list(rest)
            elif word == "--json":
                self.json, is_over = True, len(plain) > 1
            elif name in {"--store", "--config", "--min-ttl", "--thread", "--wait"}:
                value = value if equals else next(rest, "")
                if not value or value.startswith("-"):
                    raise UnusualError
                self.options[name], is_over = value, len(plain) > 1
            elif not word or word.startswith("-") or is_over:
                raise UnusualError
            else:
                plain.append(word)
        if len(plain) < 2:  # noqa: PLR2004 - a command and a tenant
            raise UnusualError
        self.command, self.tenants = plain[0], plain[1:]
        if "--min-ttl" in self.options and self.command != "token":
            raise UnusualError
        if not _BROKER_VARIABLES.isdisjoint(os.environ):  # a broker answers, and no child may get its key
            raise UnusualError

    def seconds(self, option: str, default: int) -> int:
        """Return the value of an option that takes a number of seconds."""
        text = self.options.get(option, str(default))
        if not text.isascii() or not text.isdigit() or int(text) > _LONGEST_TTL:
            raise UnusualError
        return int(text)


class Config:
    """The part of a config that a warm answer needs: the store, and the tenants of vendors and servers."""

    __slots__ = ("lists_servers", "policies", "servers", "store", "vendors")

    def __init__(
        self,
        store: str = "",
        vendors: dict[str, dict[str, object]] | None = None,
        servers: set[str] | None = None,
        lists_servers: bool = False,  # noqa: FBT001, FBT002 - as `read_config` gives it
        policies: tuple[str, dict[str, str]] = ("shared", {}),
    ) -> None:
        self.store, self.vendors, self.servers = store, vendors or {}, servers or set()
        self.lists_servers, self.policies = lists_servers, policies


def token(request: Request) -> str:
    """Return what `token` prints.

    Raises:
        UnusualError: the full command must decide.
    """
    min_ttl = request.seconds("--min-ttl", SKEW)
    request.seconds("--wait", 0)  # a valid token needs no waiting
    if len(request.tenants) != 1:
        raise UnusualError
    config = _config(request)
    store = _store(request, config)
    entries = _entries(store)
    thread, labels = _labels(request, config, store)
    login, because = _login(request.tenants[0], config, labels)
    value, expires_at = _entry(entries, login, min_ttl)
    _audit(store, "token", [login], thread)
    if not request.json:
        return f"{value}\n"
    answer = {"access_token": value, "expires_at": expires_at, "token_type": "Bearer"}
    return json.dumps({**answer, "login": login, "because": because}) + "\n"


def environment(request: Request) -> dict[str, str]:
    """Return the environment of the command that `exec` becomes.

    Raises:
        UnusualError: the full command must decide.
    """
    config = _config(request)
    request.seconds("--wait", 0)
    if not request.child:
        raise UnusualError
    moved = [name for name in TENANTS if _OVERRIDES & set(config.vendors.get(name, ()))]
    overridden = {word for name in moved for word in (name, TENANTS[name], config.vendors[name].get("tenant"))}
    store = _store(request, config)
    entries, environ, places = _entries(store), dict(os.environ), set()
    thread, labels = _labels(request, config, store)
    logins = []
    for word in request.tenants:
        tenant, _ = _login(word, config, labels)
        base = tenant.partition("@")[0]
        if base not in VARIABLES or base in overridden:
            raise UnusualError
        variable, shadows = VARIABLES[base]
        for shadow in shadows:
            environ.pop(shadow, None)
        environ[variable], _ = _entry(entries, tenant, SKEW)
        places.add(variable)
        logins.append(tenant)
    if len(places) < len(set(request.tenants)):
        raise UnusualError
    _audit(store, "exec", logins, thread)
    return environ


def _config(request: Request) -> Config:
    """Return the needed part of the config that a full command would read; an empty one if there is no config."""
    path = request.options.get("--config") or os.environ.get("OPENAB_AUTH_CONFIG")
    if not os.environ.get("HOME", "/").startswith("/"):
        raise UnusualError
    if not path:
        path = next(filter(_is_there, _standard_places()), None)
    elif "--config" not in request.options and not path.startswith("/"):
        raise UnusualError
    if not path:
        return Config()
    from openab_auth.bot.cli.warm.config import read_config  # noqa: PLC0415 - most homes have no config

    try:
        return Config(*read_config(path))
    except (OSError, ValueError, TypeError, RecursionError):
        raise UnusualError from None


def _standard_places() -> list[str]:
    own = os.environ.get("XDG_CONFIG_HOME", "")
    if not own.startswith("/"):
        own = os.path.expanduser("~/.config")  # noqa: PTH111 - pathlib costs 2 ms
    return [f"{folder}/openab-auth/config.toml" for folder in (own, "/etc")]


def _is_there(path: str) -> bool:
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        raise UnusualError from None  # the full command says what is wrong
    return True


def _store(request: Request, config: Config) -> str:
    """Return the absolute path of the credential file."""
    typed, named = request.options.get("--store"), os.environ.get("OPENAB_AUTH_STORE")
    path = os.path.expanduser(typed or named or config.store or "~/.openab/agent/auth.json")  # noqa: PTH111
    if "://" in path or path.startswith("~") or not (typed or path.startswith("/")):
        raise UnusualError
    try:
        return os.path.abspath(path)  # noqa: PTH100 - pathlib costs 2 ms
    except OSError:
        raise UnusualError from None


def _audit(store: str, event: str, logins: list[str], thread: str) -> None:
    from openab_auth.bot.cli.warm.audit import place_of, tell  # noqa: PLC0415 - many requests are no plain case

    try:
        place = place_of(store)
    except ValueError:
        raise UnusualError from None
    tell(place, event, logins, thread)


def _labels(request: Request, config: Config, store: str) -> tuple[str, tuple[dict[str, str], str] | None]:
    """Return the agent's thread, and the labels of its accounts as `accounts_of`, or None if no thread is known."""
    named = request.options.get("--thread")
    if named is None and _THREAD_VARIABLES.isdisjoint(os.environ):
        return "", None
    from openab_auth.bot.cli.warm.threads import accounts_of, thread_in  # noqa: PLC0415 - many agents have no thread

    try:
        thread = thread_in(named, os.environ)
        return thread, accounts_of(store, thread, *config.policies) if thread else None
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        raise UnusualError from None


def _login(word: str, config: Config, labels: tuple[dict[str, str], str] | None) -> tuple[str, str]:
    """Return the tenant of the account that a word means in a thread with these choices, and which rule chose it."""
    base, at, label = word.rpartition("@")
    if at and base not in TENANTS:
        raise UnusualError
    tenant, because = _tenant(base if at else word, config), "named" if at else "shared"
    chosen, own = ({}, "") if labels is None else labels
    if own and (at or tenant in chosen):
        raise UnusualError  # a shared account may not serve here, and only the full command knows who agreed
    if own:
        return f"{tenant}@{own}", "personal"
    if not at and tenant in chosen:
        label, because = chosen[tenant] or "shared", "thread"
    elif not at:
        return tenant, because
    if label == "shared":
        return tenant, because
    if not label.isascii() or not label.isalnum() or label in {"me", "new"} or label.lower() != label:
        raise UnusualError
    digits = label[1:] if label[0] == "u" and label[1:].isdigit() else ""
    if digits and (labels is not None or str(int(digits)) != digits or len(digits) > _LONGEST_ID):
        raise UnusualError  # only the full command knows who agreed
    return f"{tenant}@{label}", because


def _tenant(word: str, config: Config) -> str:
    """Return the tenant that a vendor's word means; the login of an MCP server is left to the full command."""
    ours = config.vendors
    if ":" in word or word in config.servers:
        raise UnusualError
    shipped = TENANTS.get(word)
    if word not in ours and shipped is None:
        if config.lists_servers:  # openab's own list may have a server of this name
            raise UnusualError
        return word
    moved = ours.get(shipped or "", {}).get("tenant")
    found = ours.get(word, {}).get("tenant") or moved or shipped or word
    if not isinstance(found, str):
        raise UnusualError
    return found


def _entries(path: str) -> dict[str, object]:
    """Return the values in the credential file, if it is sound and nothing was spilled beside it."""
    folder, _, name = path.rpartition("/")
    try:
        if os.geteuid() == 0:  # no link of another user may lead root elsewhere
            from openab_auth.bot.cli.warm.config import check_trusted  # noqa: PLC0415 - others need it for a config alone

            check_trusted(path)
        if any(one.startswith(f"{name}.spill.") for one in os.listdir(folder or "/")):  # noqa: PTH208 - as above
            raise UnusualError
        descriptor = os.open(path, _FILE_FLAGS)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise UnusualError
            with open(descriptor, encoding="utf-8", closefd=False) as file:
                entries = json_text.parse(file.read())
        finally:
            os.close(descriptor)
    except (OSError, ValueError, RecursionError):
        raise UnusualError from None
    if type(entries) is not dict:  # `RepeatedFields` are damage
        raise UnusualError
    return entries


def _entry(entries: dict[str, object], tenant: str, seconds: int) -> tuple[str, int]:
    """Return a login's token and its expiry, if the token lives for more than `seconds`."""
    entry = entries.get(tenant)
    if isinstance(entries.get("access_token"), str) or not isinstance(entry, dict) or not json_text.is_token(entry):
        raise UnusualError
    value, expires_at = str(entry["access_token"]), int(entry["expires_at"])
    if not value or not value.isascii() or not value.isprintable() or expires_at <= time.time() + seconds:
        raise UnusualError
    return value, expires_at
