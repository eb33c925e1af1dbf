"""The message catalogues, as their parser reads them."""

from __future__ import annotations

from importlib.resources import files

from fluent.syntax import FluentParser
from fluent.syntax import ast as ftl
from fluent.syntax.visitor import Visitor

from openab_auth.cogs.auth.text.language import languages

TAGS = sorted(languages())


def resource(tag: str) -> ftl.Resource:
    file = files("openab_auth.cogs.auth.text") / "locales" / f"{tag}.ftl"
    return FluentParser().parse(file.read_text(encoding="utf-8"))


class Names(Visitor):
    """Collect the values of a message, and the messages and terms that it uses."""

    def __init__(self) -> None:
        self.variables: set[str] = set()
        self.references: set[str] = set()

    def visit_VariableReference(self, node: ftl.VariableReference) -> None:  # noqa: N802
        self.variables.add(node.id.name)

    def visit_MessageReference(self, node: ftl.MessageReference) -> None:  # noqa: N802
        self.references.add(node.id.name)

    def visit_TermReference(self, node: ftl.TermReference) -> None:  # noqa: N802
        self.references.add(f"-{node.id.name}")


def entries(tag: str) -> dict[str, ftl.Message | ftl.Term]:
    found = {}
    for entry in resource(tag).body:
        if isinstance(entry, ftl.Message | ftl.Term):
            name = f"-{entry.id.name}" if isinstance(entry, ftl.Term) else entry.id.name
            assert name not in found, f"{tag} says {name} twice"
            found[name] = entry
    return found


def parts(tag: str) -> dict[str, set[str]]:
    """Return each message and each of its parts, with the values of its text."""
    found = {}
    for name, entry in entries(tag).items():
        patterns = {name: entry.value} | {f"{name}.{part.id.name}": part.value for part in entry.attributes}
        for key, pattern in patterns.items():
            names = Names()
            names.visit(pattern)
            found[key] = names.variables
    return found


def text_of(entry: ftl.Message | ftl.Term) -> str:
    """Return the fixed text of a message; a value in it is left out."""
    elements = entry.value.elements if entry.value else []
    return "".join(each.value for each in elements if isinstance(each, ftl.TextElement))
