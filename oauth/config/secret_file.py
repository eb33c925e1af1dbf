"""Read a secret from a file of its own, as systemd, Kubernetes and Docker hand secrets to a program.

The rules are those of the config: nobody but root and this user may be able to change the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from openab_auth.oauth.config.paths import expand_home, path_in_config
from openab_auth.oauth.config.variables import without_blanks
from openab_auth.storage.secret import Secret

_LARGEST: Final = 1 << 16  # bytes


class SecretFileError(Exception):
    """A file gave no secret; `reason` follows the key or the variable that names the file, and quotes nothing of it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read_secret_file(path: str, environ: Mapping[str, str], *, file: str = "") -> Secret:
    """Return the secret in the file at `path`, without the blanks and line ends around it.

    A relative path starts at the folder of the config `file`; without a config it is refused.

    Raises:
        SecretFileError: the file cannot be read or trusted, is empty, or holds more than one line.
    """
    place = expand_home(path_in_config(file, path) if file else path, environ)
    if place is None:
        message = "begins with `~`, and the home folder is not known here"
        raise SecretFileError(message)
    if not place.startswith("/"):
        message = "must be an absolute path"
        raise SecretFileError(message)
    from openab_auth.oauth.config import trusted_file  # noqa: PLC0415 - few configs name such files

    text, reason = "", ""
    try:
        text = without_blanks(trusted_file.read_trusted_file(place, environ, largest=_LARGEST).decode("utf-8"))
    except UnicodeDecodeError:
        reason = "is not UTF-8"
    except trusted_file.RefusedFileError as error:
        reason = str(error.strerror)
    except OSError as error:
        reason = f"cannot be read ({error.strerror})"
    else:
        if not text:
            reason = "is empty"
        elif not text.replace(" ", "").isprintable():
            reason = "holds more than one line, or control characters"
    if reason:  # raised here: an error of the decoder would hold the content
        raise SecretFileError(reason)
    return Secret(text)
