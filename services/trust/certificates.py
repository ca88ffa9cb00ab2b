"""Certificates that Chatmount makes itself: one with its key, and the two PEM files of both."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from services.trust.private_files import replace_privately

SKEW = datetime.timedelta(hours=1)
"""How far the clocks of other machines may be behind."""

# What a reader must understand to trust a certificate.
CRITICAL = (x509.BasicConstraints, x509.KeyUsage)

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


class PemFiles(NamedTuple):
    """Paths of a certificate and its key."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: PrivateKey

    @classmethod
    def load(cls, files: PemFiles, good_until: datetime.datetime) -> Self | None:
        """The pair in `files`; None when there is none, or it expires before `good_until`."""
        try:
            certificate = x509.load_pem_x509_certificate(files.certificate.read_bytes())
            key = serialization.load_pem_private_key(files.key.read_bytes(), password=None)
        except (OSError, ValueError):
            return None
        # A start that was broken off may have left a new key beside an old certificate.
        if not isinstance(key, PrivateKey) or key.public_key() != certificate.public_key():
            return None
        return cls(certificate, key) if good_until < certificate.not_valid_after_utc else None

    @classmethod
    def make(
        cls,
        name: str,
        now: datetime.datetime,
        lifetime: datetime.timedelta,
        extensions: Sequence[x509.ExtensionType],
        issuer: "KeyPair | None" = None,
    ) -> Self:
        """A new pair for `name`, signed by `issuer`, or by itself."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.certificate.subject if issuer else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - SKEW)
            .not_valid_after(now + lifetime)
        )
        for extension in extensions:
            builder = builder.add_extension(extension, isinstance(extension, CRITICAL))
        signing = issuer.key if issuer else key
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key())
        return cls(builder.add_extension(authority, critical=False).sign(signing, hashes.SHA256()), key)

    def write(self, files: PemFiles) -> None:
        """Writes both files for their owner alone, the key first."""
        files.certificate.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        key = self.key.private_bytes(pem, pkcs8, serialization.NoEncryption())
        replace_privately(files.key, key.decode())
        replace_privately(files.certificate, self.certificate.public_bytes(pem).decode())
