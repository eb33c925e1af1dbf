"""The playground: the real bot between an embedded Discord and an embedded authorization server."""

from openab_auth.lazy import lazy_names

TYPE_CHECKING = False  # type checkers treat it as true
if TYPE_CHECKING:
    from openab_auth.bot.playground.app import run_playground

__all__ = ["run_playground"]


if not TYPE_CHECKING:  # otherwise a type checker would accept every name
    __getattr__ = lazy_names(__name__, {"run_playground": "app"})
