"""The API of agents without an event loop: the same methods as `openab_auth.TokenSource`, without `await`."""

from openab_auth.oauth.tokens.sync import SyncTokenSource as TokenSource
from openab_auth.oauth.tokens.sync_auth import SyncTokenAuth as TokenAuth

__all__ = ["TokenAuth", "TokenSource"]
