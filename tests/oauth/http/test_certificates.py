"""The certificates that connections trust: what makes SSL_CERT_FILE and SSL_CERT_DIR unusable."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

import pytest

from openab_auth.oauth.errors import NetworkVariableError
from openab_auth.oauth.http.certificates import tls_context
from tests.support.proxies import certificate_for


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    return certificate_for(tmp_path, "far.example")[0]


def folder_with(tmp_path: Path, name: str, content: bytes) -> Path:
    folder = tmp_path / "certificates"
    folder.mkdir()
    (folder / name).write_bytes(content)
    return folder


def test_the_file_is_trusted_and_nothing_else(pem: Path) -> None:
    context = tls_context({"SSL_CERT_FILE": f"{pem}\n", "SSL_CERT_DIR": "/gone"})
    assert context.cert_store_stats()["x509"] == 1
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_without_a_variable_the_systems_certificates_are_trusted() -> None:
    context = tls_context({"SSL_CERT_FILE": "", "REQUESTS_CA_BUNDLE": "/gone", "PYTHONHTTPSVERIFY": "0"})
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_a_folder_is_trusted_if_one_of_its_list_holds_a_certificate(pem: Path, tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "0a1b2c3d.0", pem.read_bytes())
    for folders in (str(folder), f"/gone:{folder}", f"{folder}:"):
        assert tls_context({"SSL_CERT_DIR": folders}).verify_mode is ssl.CERT_REQUIRED


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "No such file"),
        (b"", "no certificate in PEM form"),
        (b"not a certificate", "no certificate in PEM form"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "no certificate in PEM form"),
        (b"\x30\x82\x01\x0a\x02\x82", "no certificate in PEM form"),
    ],
)
def test_a_file_without_certificates_is_named_with_its_variable(
    tmp_path: Path, content: bytes | None, problem: str
) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(NetworkVariableError, match=f"^SSL_CERT_FILE names {file}, .*{problem}.*unset it"):
        tls_context({"SSL_CERT_FILE": str(file)})


def test_no_other_kind_of_file_is_opened(tmp_path: Path, pem: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe would block this process, and a relative path would let the working directory decide whom to trust."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    monkeypatch.chdir(tmp_path)
    for file, problem in (
        (tmp_path / "pipe", "no regular file"),
        (tmp_path, "is a folder"),
        (tmp_path / "loop", "symbolic link"),
        (pem.name, "must be an absolute path"),
    ):
        with pytest.raises(NetworkVariableError, match=f"SSL_CERT_FILE .*{problem}"):
            tls_context({"SSL_CERT_FILE": str(file)})
    with pytest.raises(NetworkVariableError, match=r"SSL_CERT_DIR must be an absolute path"):
        tls_context({"SSL_CERT_DIR": f"{tmp_path}:."})


@pytest.mark.parametrize(("name", "content"), [("ca.pem", None), ("0a1b2c3d.0", b"nothing")])
def test_a_folder_in_which_openssl_finds_nothing_is_refused(
    tmp_path: Path, pem: Path, name: str, content: bytes | None
) -> None:
    folder = folder_with(tmp_path, name, content or pem.read_bytes())
    with pytest.raises(NetworkVariableError, match=f"SSL_CERT_DIR names {folder}, .*hash name.*openssl rehash"):
        tls_context({"SSL_CERT_DIR": str(folder)})
    for gone in (folder / "gone", folder / name):
        with pytest.raises(NetworkVariableError, match=f"SSL_CERT_DIR names {gone}, which cannot be read"):
            tls_context({"SSL_CERT_DIR": str(gone)})


def test_no_file_gets_the_keys_of_connections(pem: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", "/gone/keys")
    for environ in ({}, {"SSL_CERT_FILE": str(pem)}):
        assert tls_context(environ).keylog_filename is None
