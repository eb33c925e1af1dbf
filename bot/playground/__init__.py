"""The playground: the real bot between an embedded Discord and an embedded authorization server."""

TYPE_CHECKING = False  # type checkers treat it as true
if TYPE_CHECKING:
    from openab_auth.bot.playground.app import run_playground

__all__ = ["run_playground"]


if not TYPE_CHECKING:  # otherwise a type checker would accept every name

    def __getattr__(name: str) -> object:
        """Import the page and both servers on first use, because this package's agents need neither."""
        if name not in __all__:
            message = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(message)
        from openab_auth.bot.playground import app  # noqa: PLC0415 - see above

        return getattr(app, name)
