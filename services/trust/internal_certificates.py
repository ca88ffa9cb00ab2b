"""The installation's certificate authority, and the one certificate that all processes show."""

import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from services.clock import Clock, system_clock
from services.trust.private_files import replace_privately
from services.trust.transport import NAME, InternalTls, own_files

# Processes read them at their start, and some run for years.
CA_LIFETIME = datetime.timedelta(days=20 * 365)
LIFETIME = datetime.timedelta(days=10 * 365)
RENEW_BEFORE = datetime.timedelta(days=365)
SKEW = datetime.timedelta(hours=1)

PrivateKey = ec.EllipticCurvePrivateKey
Pair = tuple[x509.Certificate, PrivateKey]

# What a reader must understand to trust a certificate.
CRITICAL = (x509.BasicConstraints, x509.KeyUsage)


def ensure_internal_certificates(home: Path, clock: Clock = system_clock) -> InternalTls:
    """The certificates under `home`, made unless there are some that will do; private files.

    The authority stays as long as it can, so that processes with old and new certificates understand each other.
    """
    files = own_files(home)
    ca_key_file = files.ca.with_suffix(".key")
    now = datetime.datetime.fromtimestamp(clock(), datetime.UTC)
    ca = _load(files.ca, ca_key_file, now)
    if ca is None:
        files.ca.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        ca = _make_authority(now)
        replace_privately(ca_key_file, _pem_of(ca[1]))
        replace_privately(files.ca, _pem(ca[0]))
    pair = _load(files.certificate, files.key, now)
    if pair is None or pair[0].issuer != ca[0].subject or not _is_signed_by(pair[0], ca[0]):
        certificate, key = _issue(ca, now)
        replace_privately(files.key, _pem_of(key))
        replace_privately(files.certificate, _pem(certificate))
    return files


def _load(certificate: Path, key: Path, now: datetime.datetime) -> Pair | None:
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


def _make_authority(now: datetime.datetime) -> Pair:
    # The serial number tells authorities of one machine apart where only names are shown.
    serial = x509.random_serial_number()
    usages = ["digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"]
    usage = x509.KeyUsage(
        **dict.fromkeys([*usages, "encipher_only", "decipher_only"], False), key_cert_sign=True, crl_sign=True
    )
    constraints = x509.BasicConstraints(ca=True, path_length=0)
    return _certify(f"Chatmount internal CA {serial:x}"[:64], None, now, CA_LIFETIME, constraints, usage, serial=serial)


def _issue(authority: Pair, now: datetime.datetime) -> Pair:
    # Every process is a server to some and a client of others.
    purposes = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    name = x509.SubjectAlternativeName([x509.DNSName(NAME)])
    signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority[1].public_key())
    constraints = x509.BasicConstraints(ca=False, path_length=None)
    return _certify(NAME, authority, now, LIFETIME, constraints, name, purposes, signer)


def _certify(
    name: str,
    issuer: Pair | None,
    now: datetime.datetime,
    lifetime: datetime.timedelta,
    *extensions: x509.ExtensionType,
    serial: int | None = None,
) -> Pair:
    """A new key with its certificate; of its own making without an issuer."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=isinstance(extension, CRITICAL))
    return builder.sign(issuer[1] if issuer else key, hashes.SHA256()), key


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _pem_of(key: PrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
