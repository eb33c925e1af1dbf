"""The last token of each word, which serves an agent while its broker is silent."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from openab_auth.oauth.tokens.broker.answers import BrokerToken
    from openab_auth.storage import Secret

_REST: Final = 10  # times as long as a failure took, nobody asks again while there is a token
_LONGEST_REST: Final = 30.0  # seconds


class LastTokens:
    """Keeps the last token of each word; `clock` gives unix seconds.

    A broker that does not answer costs each request its time. So after a failure an agent with a token asks again only
    after a rest, and spends less than a tenth of its time on that. A refused connection costs next to nothing.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._tokens: dict[str, BrokerToken] = {}
        self._rests_until = 0.0

    def keep(self, word: str, token: BrokerToken) -> BrokerToken:
        """Keep the token that the broker has just given, and end the rest."""
        self._tokens[word] = token
        self._rests_until = 0.0
        return token

    def living(self, word: str, min_ttl: float = 0) -> BrokerToken | None:
        """Return the last token if it lives for more than `min_ttl` seconds, otherwise None."""
        token = self._tokens.get(word)
        return token if token is not None and self._clock() + min_ttl < token.token.expires_at else None

    def forget(self, word: str, refused: Secret | None = None) -> None:
        """Forget the token of a word, or only if it is the `refused` one."""
        token = self._tokens.get(word)
        if token is not None and refused in {None, token.token.value}:
            del self._tokens[word]

    def forget_all(self) -> None:
        """Forget every token: the key is no longer good for any."""
        self._tokens.clear()

    def note_failure(self, seconds: float) -> None:
        """Note that the broker gave no answer, which took this long."""
        self._rests_until = time.monotonic() + min(_REST * seconds, _LONGEST_REST)

    def rests(self) -> bool:
        """Return whether nobody should ask the broker now who has a token."""
        return time.monotonic() < self._rests_until
