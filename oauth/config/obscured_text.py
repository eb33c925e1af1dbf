"""Obscure a text, so that secret scanners and passers-by do not recognize it. This is no encryption: the key is public.

The format is that of rclone: AES in counter mode under a fixed key, a random start block, base64url without padding.
"""

from __future__ import annotations

import binascii
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_KEY: Final = bytes.fromhex("b3a1e0c7529f4d16887d2f60c95b3e741d0a96f8ce47b2153f6b8de9704c12a5")
_START: Final = 16  # bytes, the cipher's block


class NotObscuredError(ValueError):
    """The text was not made by `obscure`."""

    def __init__(self) -> None:
        super().__init__("was not made by `openab-auth obscure`")


def obscure(text: str) -> str:
    """Return `text` in obscured form; each call returns another form."""
    start = os.urandom(_START)
    return urlsafe_b64encode(start + _apply(start, text.encode())).decode().rstrip("=")


def unobscure(obscured: str) -> str:
    """Return the text that `obscure` was given.

    Raises:
        NotObscuredError: `obscured` decodes to no text. Other wrong input is not noticed.
    """
    try:
        data = urlsafe_b64decode(obscured.strip() + "=" * (-len(obscured.strip()) % 4))
        if len(data) < _START:
            raise NotObscuredError
        return _apply(data[:_START], data[_START:]).decode()
    except (binascii.Error, ValueError):
        raise NotObscuredError from None


def _apply(start: bytes, data: bytes) -> bytes:
    cipher = Cipher(algorithms.AES(_KEY), modes.CTR(start)).encryptor()
    return cipher.update(data) + cipher.finalize()
