"""Load the certificates that TLS connections trust: SSL_CERT_FILE, otherwise SSL_CERT_DIR, otherwise the system's."""

from __future__ import annotations

import os
import re
import ssl
import stat
from collections.abc import Mapping
from typing import Final

import httpx2

from openab_auth.oauth.errors import NetworkVariableError

_HASH_NAME: Final = re.compile(r"[0-9a-f]{8}\.\d+")  # openssl-rehash(1): OpenSSL looks for no other name
_FILE: Final = "SSL_CERT_FILE"
_FOLDER: Final = "SSL_CERT_DIR"
CERTIFICATE_VARIABLES: Final = (_FILE, _FOLDER)
"""The first variable that is set decides."""
_RELATIVE: Final = "must be an absolute path"


def tls_context(environ: Mapping[str, str]) -> ssl.SSLContext:
    """Return a TLS context with the trusted certificates. It blocks while they are read.

    SSLKEYLOGFILE is ignored: the keys of these connections are written nowhere.

    Raises:
        NetworkVariableError: the variable in effect names no certificates.
    """
    if file := environ.get(_FILE, "").strip():
        return _from_file(file)
    if folders := environ.get(_FOLDER, "").strip():
        return _from_folders(folders)
    return httpx2.create_ssl_context(trust_env=False)


def _from_file(file: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if problem := _why_unusable(file) or _why_no_certificates(context, file):
        raise _unusable(_FILE, problem, "a file of certificates in PEM form")
    return context


def _from_folders(folders: str) -> ssl.SSLContext:
    """Trust the folders of a list, as OpenSSL separates it; at least one folder must hold a certificate."""
    problems = [_why_useless(folder) for folder in folders.split(os.pathsep) if folder] or ["names no folder"]
    if all(problems) or _RELATIVE in problems:
        problem = _RELATIVE if _RELATIVE in problems else problems[0]
        raise _unusable(_FOLDER, problem, "a folder of certificates that `openssl rehash` has prepared")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(capath=folders)
    return context


def _why_unusable(file: str) -> str:
    """Explain why no certificates can be read from a path, or return nothing."""
    if not os.path.isabs(file):  # noqa: PTH117 - the working directory decides nothing
        return _RELATIVE
    try:
        mode = os.stat(file).st_mode  # noqa: PTH116 - as above
    except OSError as error:
        return f"names {file}, which cannot be read ({error.strerror})"
    if stat.S_ISDIR(mode):
        return f"names {file}, which is a folder"
    return "" if stat.S_ISREG(mode) else f"names {file}, which is no regular file"


def _why_no_certificates(context: ssl.SSLContext, file: str) -> str:
    """Load the certificates of a file into `context`; explain why there are none, or return nothing."""
    try:
        context.load_verify_locations(cafile=file)
    except ssl.SSLError:
        return f"names {file}, which holds no certificate in PEM form"
    except OSError as error:
        return f"names {file}, which cannot be read ({error.strerror})"
    return "" if context.cert_store_stats()["x509"] else f"names {file}, which holds no certificate in PEM form"


def _why_useless(folder: str) -> str:
    """Explain why OpenSSL finds no certificate in a folder, or return nothing."""
    if not os.path.isabs(folder):  # noqa: PTH117 - the working directory decides nothing
        return _RELATIVE
    try:
        with os.scandir(folder) as found:
            files = [entry.path for entry in found if _HASH_NAME.fullmatch(entry.name)]
    except OSError as error:
        return f"names {folder}, which cannot be read ({error.strerror})"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if any(not _why_unusable(file) and not _why_no_certificates(context, file) for file in sorted(files)):
        return ""
    return f"names {folder}, which holds no certificate under its hash name"


def _unusable(variable: str, problem: str, wanted: str) -> NetworkVariableError:
    return NetworkVariableError(variable, problem, f"set {variable} to {wanted}, or unset it, then start again")
