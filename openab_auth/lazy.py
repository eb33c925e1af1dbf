"""Front doors of rooms that import a module only when a program asks for a name in it (PEP 562).

`openab-auth token` answers in about the time that Python needs to start. So nothing may import httpx2, authlib or
tomllib for a token that is still valid.
"""

from __future__ import annotations

TYPE_CHECKING = False  # type checkers take it for true; `import typing` would cost more than a read of the store
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def lazy_names(package: str, modules: Mapping[str, str]) -> Callable[[str], object]:
    """Return a `__getattr__` for `package`; `modules` says in which module of the package each public name is."""

    def attribute(name: str) -> object:
        if name not in modules:
            message = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(message)
        from importlib import import_module  # noqa: PLC0415 - only a program that asks for a name pays for it

        return getattr(import_module(f"{package}.{modules[name]}"), name)

    return attribute
