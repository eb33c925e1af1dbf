"""The text of the credential file, exactly as the Rust agents read and write it.

The name below is imported on its first use, because `openab-auth token` needs `json_text` alone.
"""

TYPE_CHECKING = False  # type checkers take it for true; `import typing` would cost more than a read of the store
if TYPE_CHECKING:
    from openab_auth.storage.format.keys import check_tenant

__all__ = ["check_tenant"]

if not TYPE_CHECKING:  # otherwise a type checker would accept every name

    def __getattr__(name: str) -> object:
        """Import a public name from the module where it is defined."""
        if name not in __all__:
            message = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(message)
        from openab_auth.storage.format import keys  # noqa: PLC0415 - only a program that asks for the name pays for it

        return getattr(keys, name)
