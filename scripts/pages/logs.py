"""The warnings and errors of the log, and the failed checks of `doctor`, read from the sources."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pages.block import ROOT, table

GROUPS: Final[tuple[tuple[str, str, str], ...]] = (
    (
        r"bot/(app|client|cli)|bot/[a-z_]+\.py",
        "Start, connection and stop",
        """\
The bot goes on where the line does not say that it stops. A line about Discord's answer repeats Discord's own
sentence: correct that in the developer portal. `openab-auth doctor --for bot` checks everything that the bot
needs.""",
    ),
    (
        r"bot/",
        "The broker, the mirror and the bot's other servers",
        """\
Each request has its own answer, and the next one is tried again. If a line returns every minute, run `openab-auth
doctor` as the user of the program: most often the store cannot be read.""",
    ),
    (
        r"cogs/auth/views|cogs/auth/guard|cogs/auth/service|cogs/auth/text",
        "What a person met",
        """\
A line with an incident id belongs to the message that a person saw. It says what to repair; the person then tries
again. A line about the audit log means that an action was done and its line is missing: free the disk, or correct
the rights of the file.""",
    ),
    (
        r"cogs/",
        "Threads, notices and requests",
        """\
Discord or the store refused one step. The bot tries again by itself, after a minute or more. If the line names a
permission, give it to the bot in that channel; if it returns, look at the store with `openab-auth doctor`.""",
    ),
    (
        r"oauth/",
        "Logins and tokens",
        """\
The line names the account. `openab-auth status` shows its state, and the next try. A login that is lost or dead
needs a person: `/auth login`. A login that could not be stored is in memory or in the journal: make the store
writable, and do not stop the process before.""",
    ),
    (
        r"storage/",
        "The store",
        """\
Nothing is overwritten that could not be read. `openab-auth doctor` names each file or row and its repair. Free
disk space and correct rights first; copies named `.corrupt-…` can be deleted when every login works.""",
    ),
)
"""Which folders a section is about, its title, and what to do."""
_LEVELS: Final = ("warning", "error", "critical", "exception")
_LOOKED_FOR: Final = re.compile(r"\b(?:_log|log|_LOG)\.(?:warning|error|critical|exception)\(|\bCheck\(")
_PLAIN: Final = re.compile(r"[A-Za-z]{3,}")
_SPEC: Final = re.compile(r"%[-+ #0]*\d*(?:\.\d+)?[sdrfgx]")


def text() -> str:
    """Return the sections of the page."""
    sources = sorted(path for floor in ("bot", "cogs", "oauth", "storage") for path in (ROOT / floor).rglob("*.py"))
    sources = [path for path in sources if "playground" not in path.parts]
    parts, left = [], sources
    for places, title, what in GROUPS:
        here = [path for path in left if re.match(places, str(path.relative_to(ROOT)))]
        left = [path for path in left if path not in here]
        rows = sorted({row for path in here if "doctor" not in path.parts for row in _lines(path)}, key=str)
        if rows:
            parts.append(f"## {title}\n\n{what}\n\n{table(('level', 'message'), rows)}")
    checks = sorted({row for path in sources if "doctor" in path.parts for row in _checks(path)})
    parts.append(f"## `openab-auth doctor`\n\n{_DOCTOR}\n\n{table(('check', 'FAIL says', 'what to do next'), checks)}")
    return "\n".join(parts)


_DOCTOR: Final = """\
A failed check says what it found and how to repair it. A check that repeats an error of the store, the config or
the network is not in this list: see [the errors of operators](operators.md)."""


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    for scope, node in _calls(path):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=log), attr=level), args=[said, *values]) if (
                log in {"_log", "log", "_LOG"} and level in _LEVELS
            ):
                for template in _texts(said, scope):
                    names = iter([_name(value) for value in values])
                    message = _SPEC.sub(lambda _, names=names: next(names, "…"), template).replace("\n", " ")
                    if _has_words(message):
                        yield "warning" if level == "warning" else "error", message


def _checks(path: Path) -> Iterator[tuple[str, str, str]]:
    for scope, node in _calls(path):
        if isinstance(node.func, ast.Name) and node.func.id == "Check":
            given = {one.arg: one.value for one in node.keywords}
            given |= dict(zip(("name", "ok", "message", "hint"), node.args, strict=False))
            ok = given.get("ok")
            if isinstance(ok, ast.Constant) and ok.value is True:
                continue
            names, said, hints = (
                _texts(given[key], scope) if key in given else [""] for key in ("name", "message", "hint")
            )
            yield from (
                (names[0], each, " / ".join(dict.fromkeys(filter(None, hints)))) for each in said if _has_words(each)
            )


def _has_words(message: str) -> bool:
    return bool(_PLAIN.search(re.sub(r"[A-Z_]{2,}", "", message)))


def _calls(path: Path) -> Iterator[tuple[ast.AST, ast.Call]]:
    """Yield each call of a module with the function around it, in which its names have their values."""
    text = path.read_text(encoding="utf-8")
    if not _LOOKED_FOR.search(text):
        return
    tree = ast.parse(text)
    scopes: dict[ast.AST, ast.AST] = {}
    for scope in ast.walk(tree):  # a function inside another one comes later, and wins
        if isinstance(scope, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef):
            scopes |= dict.fromkeys(ast.walk(scope), scope)
    constants = ast.Module([node for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign)], [])
    for node, scope in scopes.items():
        if isinstance(node, ast.Call):
            yield ast.Module([constants, scope], []), node  # type: ignore[list-item]


def _texts(node: ast.expr, scope: ast.AST) -> list[str]:
    """Return the texts that an expression may be, with the names of its values in capitals."""
    found = [_name(node)]
    match node:
        case ast.Constant(value=value):
            found = ["" if value is None else str(value)]
        case ast.JoinedStr(values=values):
            found = ["".join(_part(one) for one in values)]
        case ast.IfExp(body=body, orelse=orelse):
            found = [*_texts(body, scope), *_texts(orelse, scope)]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            found = [a + b for a in _texts(left, scope) for b in _texts(right, scope)]
        case ast.Name(id=name):
            found = _assigned(name, node.lineno, scope) or [name.strip("_").upper()]
    return found


def _part(node: ast.expr) -> str:
    return _name(node.value) if isinstance(node, ast.FormattedValue) else str(getattr(node, "value", "…"))


def _assigned(name: str, line: int, scope: ast.AST) -> list[str]:
    """Return the texts that a name may have at a line: those of the nearest statement above it."""
    found: dict[int, list[str]] = {}
    for node in ast.walk(scope):
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=target)], value=value)
                | ast.AnnAssign(target=ast.Name(id=target), value=value)
            ) if target == name and isinstance(value, ast.Constant | ast.JoinedStr | ast.IfExp):
                found[node.lineno] = _texts(value, scope)
    above = [number for number in found if number < line]
    return found[max(above)] if above else []


def _name(node: ast.expr) -> str:
    """Return the last name in an expression, in capitals: `told.path` is PATH."""
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name.strip("_").upper()
        case ast.Call(func=func, args=[*_, last]):
            return _name(last) if isinstance(last, ast.Name | ast.Attribute) else _name(func)
        case ast.Call(func=func) | ast.Await(value=func):
            return _name(func)
        case _:
            return "…"
