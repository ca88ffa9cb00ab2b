"""The certificate of the public HTTPS listener: a given one, or one for development.

The one for development is self-signed, made at first start, and used again until it is about to expire.
"""

import datetime
import ipaddress
import os
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from services.clock import Clock, system_clock
from services.config.settings import Settings, SettingsError
from services.trust.certificates import KeyPair, PemFiles

LIFETIME = datetime.timedelta(days=825)  # the longest that browsers and macOS accept
RENEW_BEFORE = datetime.timedelta(days=30)
NAMES = ("localhost",)
ADDRESSES = ("127.0.0.1", "::1")


def public_certificate(settings: Settings) -> PemFiles:
    """The certificate that the settings name, or one for development."""
    return given_certificate(settings) or ensure_development_certificate(settings.home / "secrets")


def given_certificate(settings: Settings) -> PemFiles | None:
    """The certificate that the settings name, if any. SettingsError when Envoy could not use it."""
    if settings.tls_certificate is None or settings.tls_key is None:
        return None
    pair = PemFiles(settings.tls_certificate, settings.tls_key)
    for variable, file in (("CERTIFICATE", pair.certificate), ("KEY", pair.key)):
        try:
            file.read_bytes()
        except OSError as error:
            raise SettingsError(
                f"CHATMOUNT_TLS_{variable} names a file that user {os.geteuid()} can't read ({error.strerror}): {file}"
            ) from error
    try:
        # Envoy can't ask anybody for a passphrase, so this must not ask either.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(pair.certificate, pair.key, password="")
    except OSError as error:
        reason: str | None = getattr(error, "reason", None)
        why = reason.lower().replace("_", " ") if reason else "no PEM file"
        raise SettingsError(
            f"CHATMOUNT_TLS_CERTIFICATE and CHATMOUNT_TLS_KEY are no certificate and its key in PEM form ({why})."
        ) from error
    return pair


def ensure_development_certificate(directory: Path, clock: Clock = system_clock) -> PemFiles:
    """The certificate in `directory` for this machine's own names; a new one when none will do."""
    files = PemFiles(directory / "tls.crt", directory / "tls.key")
    now = datetime.datetime.fromtimestamp(clock(), datetime.UTC)
    if KeyPair.load(files, now + RENEW_BEFORE) is None:
        KeyPair.make("Chatmount development", now, LIFETIME, _extensions()).write(files)
    return files


def _extensions() -> list[x509.ExtensionType]:
    addresses = [x509.IPAddress(ipaddress.ip_address(address)) for address in ADDRESSES]
    return [
        x509.SubjectAlternativeName([*map(x509.DNSName, NAMES), *addresses]),
        # Not a CA: who trusts this file trusts it for this one server and for nothing else.
        x509.BasicConstraints(ca=False, path_length=None),
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]),
    ]
