"""A certificate authority of the installation's own, and the one certificate that all of its processes show."""

import datetime
import os
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from services.clock import Clock, system_clock
from services.trust.secret_file import write_privately
from services.trust.transport import NAME, InternalTls, own_files

# Processes read them at their start, and some run for years.
CA_LIFETIME = datetime.timedelta(days=20 * 365)
LIFETIME = datetime.timedelta(days=10 * 365)
RENEW_BEFORE = datetime.timedelta(days=365)
SKEW = datetime.timedelta(hours=1)

PrivateKey = ec.EllipticCurvePrivateKey


def ensure_internal_certificates(home: Path, clock: Clock = system_clock) -> InternalTls:
    """The certificates under `home`; made when there are none that will do. All files are their owner's alone.

    The authority stays as long as it can, so that processes with old and new certificates understand each other.
    """
    files = own_files(home)
    ca_key_file = files.ca.with_suffix(".key")
    now = datetime.datetime.fromtimestamp(clock(), datetime.UTC)
    ca = _load(files.ca, ca_key_file, now)
    if ca is None:
        files.ca.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        ca = _make_authority(now)
        _write(ca_key_file, _pem_of(ca[1]))
        _write(files.ca, _pem(ca[0]))
    pair = _load(files.certificate, files.key, now)
    if pair is None or pair[0].issuer != ca[0].subject or not _is_signed_by(pair[0], ca[0]):
        certificate, key = _issue(ca, now)
        _write(files.key, _pem_of(key))
        _write(files.certificate, _pem(certificate))
    return files


def _load(certificate: Path, key: Path, now: datetime.datetime) -> tuple[x509.Certificate, PrivateKey] | None:
    try:
        loaded = x509.load_pem_x509_certificate(certificate.read_bytes())
        private = serialization.load_pem_private_key(key.read_bytes(), password=None)
    except (OSError, ValueError):
        return None
    # A start that was broken off may have left a new key beside an old certificate.
    if not isinstance(private, PrivateKey) or private.public_key() != loaded.public_key():
        return None
    return (loaded, private) if now + RENEW_BEFORE < loaded.not_valid_after_utc else None


def _is_signed_by(certificate: x509.Certificate, ca: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(ca)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _make_authority(now: datetime.datetime) -> tuple[x509.Certificate, PrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    # The serial number tells authorities of one machine apart where only names are shown.
    serial = x509.random_serial_number()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Chatmount internal CA {serial:x}"[:64])])
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        _builder(name, name, key, serial, now, CA_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate, key


def _issue(ca: tuple[x509.Certificate, PrivateKey], now: datetime.datetime) -> tuple[x509.Certificate, PrivateKey]:
    authority, ca_key = ca
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    certificate = (
        _builder(name, authority.subject, key, x509.random_serial_number(), now, LIFETIME)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            # Every process is a server to some and a client of others.
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
            critical=False,
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()),
            critical=False,
        )
        .sign(ca_key, hashes.SHA256())
    )
    return certificate, key


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: PrivateKey,
    serial: int,
    now: datetime.datetime,
    lifetime: datetime.timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(now - SKEW)
        .not_valid_after(now + lifetime)
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _pem_of(key: PrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _write(file: Path, text: str) -> None:
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    write_privately(draft, text)
    draft.replace(file)
