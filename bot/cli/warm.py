"""`openab-auth token TENANT` while the stored token is valid: one read of the file and nothing imported but json.

Shell scripts and credential helpers ask for a token before every request, so this answers in about the time that Python
itself needs to start. Whatever is not the plain case (a config, other options, no such entry, an expired token) gives
None, and the full command decides. A test holds both against each other. As in `oauth.paths`, nothing is looked for in
the working directory: it may be a stranger's repository.
"""

import json
import os
import stat
import time

NEVER = 2**64 - 1  # as in `openab_auth.storage.entries`
SKEW = 120  # seconds; as in `openab_auth.oauth.entries.login_entry`: a token this close to its end is refreshed first
# shipped vendors whose tenant is not their name; a test compares with the table
TENANTS = {"claude": "anthropic-oauth", "codex-device": "codex", "grok": "xai-oauth"}


def warm_token(arguments: list[str]) -> str | None:
    """What the command prints for `arguments` (those after `token`), or None when it is not the plain case."""
    as_json = "--json" in arguments
    rest = [argument for argument in arguments if argument != "--json"]
    store, typed = os.environ.get("OPENAB_AUTH_STORE"), False
    if len(rest) == 3 and "--store" in rest[:2]:  # noqa: PLR2004 - TENANT --store PATH, in either order
        at = rest.index("--store")
        store, typed = rest[at + 1] or store, bool(rest[at + 1])
        del rest[at : at + 2]
    if len(rest) != 1 or rest[0].startswith("-"):
        return None
    path = os.path.expanduser(store or "~/.openab/agent/auth.json")  # noqa: PTH111 - pathlib costs 2 ms
    if "://" in path or not (typed or path.startswith("/")) or _may_have_config():
        return None
    return _read(path, TENANTS.get(rest[0], rest[0]), as_json=as_json)


def _may_have_config() -> bool:
    """Return whether a config is named or lies in a standard place; two looks where there is none."""
    if os.environ.get("OPENAB_AUTH_CONFIG") or not os.environ.get("HOME", "/").startswith("/"):
        return True
    own = os.environ.get("XDG_CONFIG_HOME", "")
    if not own.startswith("/"):
        own = os.path.expanduser("~/.config")  # noqa: PTH111 - pathlib costs 2 ms
    for folder in (own, "/etc"):
        try:
            os.lstat(f"{folder}/openab-auth/config.toml")
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            return True  # the full command says what is wrong with it
        return True
    return False


def _read(path: str, tenant: str, *, as_json: bool) -> str | None:
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 - as above; a FIFO would block
            return None
        with open(path, encoding="utf-8") as file:  # noqa: PTH123 - as above
            entry = json.load(file, object_pairs_hook=_once)[tenant]
        token, expires_at = entry["access_token"], entry["expires_at"]
        whole = all(isinstance(entry[name], str) for name in ("refresh_token", "token_endpoint", "provider"))
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None
    if not whole or not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
        return None
    if type(expires_at) is not int or not time.time() + SKEW < expires_at <= NEVER:
        return None
    if as_json:
        return json.dumps({"access_token": token, "expires_at": expires_at, "token_type": "Bearer"}) + "\n"
    return token + "\n"


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A JSON object; one that says something twice is left to the full command, which calls it damaged."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError
    return members
