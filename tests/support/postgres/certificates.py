"""A certificate authority of the tests, and a server's certificate from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.postgres.ground import Ground, give


@dataclass(frozen=True, slots=True)
class Certificates:
    """Where the files are: the authority's certificate, and the server's certificate and key."""

    authority: Path
    server: Path
    key: Path

    @property
    def settings(self) -> dict[str, str]:
        """Return the settings of a PostgreSQL server that uses them."""
        return {"ssl": "on", "ssl_cert_file": str(self.server), "ssl_key_file": str(self.key)}


def make_certificates(ground: Ground, *names: str) -> Certificates:
    """Make an authority and a certificate for these names or addresses, which the servers' user may read."""
    place = ground.place()
    made = Certificates(place / "authority.pem", place / "server.pem", place / "key.pem")
    authority, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = _name("The authority of the tests")
    _write(made.authority, _begun(issuer, issuer, authority, is_authority=True).sign(authority, hashes.SHA256()))
    alternatives = x509.SubjectAlternativeName([_alternative(name) for name in names])
    begun = _begun(_name(names[0]), issuer, own, is_authority=False).add_extension(alternatives, critical=False)
    _write(made.server, begun.sign(authority, hashes.SHA256()))
    secret = own.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    made.key.touch(0o600)
    give(made.key).write_bytes(secret)
    return made


_PEM = serialization.Encoding.PEM


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, *, is_authority: bool
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )


def _write(file: Path, certificate: x509.Certificate) -> None:
    file.write_bytes(certificate.public_bytes(_PEM))


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
