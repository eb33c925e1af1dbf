"""A value that is never printed: repr, str and format are redacted, and comparison takes constant time."""

from __future__ import annotations

from typing import Final, NoReturn

_REDACTED: Final = "Secret(redacted)"


class Secret:
    """Wraps a token, code, verifier or state, so that no log, message or traceback can show it.

    Only `reveal` returns the value. Search for it to find every place where a secret leaves this process.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value, to send it to a server or to write it into the store."""
        return self._value

    def fingerprint(self) -> str:
        """Return the SHA-256 of the value in hex, which identifies a token but cannot be used in its place."""
        from hashlib import sha256  # noqa: PLC0415 - it loads OpenSSL, and many programs only pass secrets on

        return sha256(self._value.encode()).hexdigest()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        from hmac import compare_digest  # noqa: PLC0415 - as above

        return compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return _REDACTED

    __str__ = __repr__

    def __format__(self, format_spec: str) -> str:
        return format(_REDACTED, format_spec)

    def __reduce__(self) -> NoReturn:
        raise UnpicklableSecretError


class UnpicklableSecretError(TypeError):
    """A program tried to pickle a secret, which would write it out in the clear."""

    def __init__(self) -> None:
        super().__init__("a Secret cannot be pickled; pass a store to the code that needs the secret")
