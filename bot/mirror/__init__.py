"""Keep a credential file with access tokens alone, for agents that read no other store."""

from openab_auth.lazy import lazy_names

TYPE_CHECKING = False  # type checkers take it for true; `import typing` would cost more than a read of the store
if TYPE_CHECKING:
    from openab_auth.bot.mirror.errors import MirrorError, MirrorRunningError
    from openab_auth.bot.mirror.serve import run_mirror

__all__ = ["MirrorError", "MirrorRunningError", "run_mirror"]

if not TYPE_CHECKING:  # otherwise a type checker would accept every name
    __getattr__ = lazy_names(__name__, {"MirrorError": "errors", "MirrorRunningError": "errors", "run_mirror": "serve"})
