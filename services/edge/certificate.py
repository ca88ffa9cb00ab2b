"""The certificate of the public HTTPS listener: one that was given, or a self-signed one for development.

The self-signed one is made at first start and used again until it is about to expire.
"""

import datetime
import ipaddress
import os
import ssl
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from services.clock import Clock, system_clock
from services.config.settings import Settings, SettingsError

LIFETIME = datetime.timedelta(days=825)  # the longest that browsers and macOS accept
RENEW_BEFORE = datetime.timedelta(days=30)
SKEW = datetime.timedelta(hours=1)
NAMES = ("localhost",)
ADDRESSES = ("127.0.0.1", "::1")


class Certificate(NamedTuple):
    """Paths of two PEM files."""

    certificate: Path
    private_key: Path


def public_certificate(settings: Settings) -> Certificate:
    """The certificate that the settings name, or one for development. SettingsError as of `given_certificate`."""
    return given_certificate(settings) or ensure_development_certificate(settings.home / "secrets")


def given_certificate(settings: Settings) -> Certificate | None:
    """The certificate that the settings name; None when they name none. SettingsError when Envoy could not use it."""
    if settings.tls_certificate is None or settings.tls_key is None:
        return None
    pair = Certificate(settings.tls_certificate, settings.tls_key)
    for variable, file in (("CERTIFICATE", pair.certificate), ("KEY", pair.private_key)):
        try:
            file.read_bytes()
        except OSError as error:
            raise SettingsError(
                f"CHATMOUNT_TLS_{variable} names a file that user {os.geteuid()} can't read ({error.strerror}): {file}"
            ) from error
    try:
        # Envoy can't ask anybody for a passphrase, so this must not ask either.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(pair.certificate, pair.private_key, password="")
    except OSError as error:
        reason: str | None = getattr(error, "reason", None)
        why = reason.lower().replace("_", " ") if reason else "no PEM file"
        raise SettingsError(
            f"CHATMOUNT_TLS_CERTIFICATE and CHATMOUNT_TLS_KEY are no certificate and its key in PEM form ({why})."
        ) from error
    return pair


def ensure_development_certificate(directory: Path, clock: Clock = system_clock) -> Certificate:
    """The certificate in `directory` for localhost, 127.0.0.1 and ::1; a new one when there is none that will do.

    The key is readable by its owner alone.
    """
    pair = Certificate(directory / "tls.crt", directory / "tls.key")
    now = datetime.datetime.fromtimestamp(clock(), datetime.UTC)
    if not _will_do(pair, now):
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        _create(pair, now)
    return pair


def _will_do(pair: Certificate, now: datetime.datetime) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
        key = serialization.load_pem_private_key(pair.private_key.read_bytes(), password=None)
    except (OSError, ValueError):
        return False
    # A start that was broken off may have left a new key beside an old certificate.
    return key.public_key() == certificate.public_key() and now + RENEW_BEFORE < certificate.not_valid_after_utc


def _create(pair: Certificate, now: datetime.datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Chatmount development")])
    addresses = [x509.IPAddress(ipaddress.ip_address(address)) for address in ADDRESSES]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + LIFETIME)
        .add_extension(
            x509.SubjectAlternativeName([*(x509.DNSName(each) for each in NAMES), *addresses]), critical=False
        )
        # Not a CA: who trusts this file trusts it for this one server and for nothing else.
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    key_pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write(pair.private_key, key_pem, 0o600)
    _write(pair.certificate, certificate.public_bytes(serialization.Encoding.PEM), 0o644)


def _write(path: Path, content: bytes, mode: int) -> None:
    fresh = path.with_suffix(path.suffix + ".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    fresh.replace(path)
