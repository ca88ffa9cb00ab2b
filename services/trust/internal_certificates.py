"""An installation's own certificate authority, and the certificates of its processes."""

import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import ExtendedKeyUsageOID

from services.clock import Clock, system_clock
from services.config.settings import WEB_FOLDER
from services.trust.certificates import KeyPair, PemFiles
from services.trust.private_files import replace_privately
from services.trust.transport import NAME, InternalTls, own_files

# Processes read them at their start, and some run for years.
CA_LIFETIME = datetime.timedelta(days=20 * 365)
LIFETIME = datetime.timedelta(days=10 * 365)
RENEW_BEFORE = datetime.timedelta(days=365)


def ensure_internal_certificates(home: Path, clock: Clock = system_clock) -> InternalTls:
    """The certificates under `home`, made unless there are some that will do; private files.

    Web has one of its own beside what else it is given, all others share one. The authority stays as long as it can, so
    that processes with old and new certificates understand each other.
    """
    files, webs = own_files(home), own_files(home, WEB_FOLDER)
    authority_files = PemFiles(files.ca, files.ca.with_suffix(".key"))
    now = datetime.datetime.fromtimestamp(clock(), datetime.UTC)
    authority = KeyPair.load(authority_files, now + RENEW_BEFORE)
    if authority is None:
        authority = _make_authority(now)
        authority.write(authority_files)
    for own in (files, webs):
        _ensure_pair(PemFiles(own.certificate, own.key), authority, now)
    replace_privately(webs.ca, files.ca.read_text("ascii"))
    return files


def _ensure_pair(own: PemFiles, authority: KeyPair, now: datetime.datetime) -> None:
    pair = KeyPair.load(own, now + RENEW_BEFORE)
    if pair is None or not _is_signed_by(pair.certificate, authority.certificate):
        KeyPair.make(NAME, now, LIFETIME, _extensions(), authority).write(own)


def _is_signed_by(certificate: x509.Certificate, ca: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(ca)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _make_authority(now: datetime.datetime) -> KeyPair:
    usages = ["digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"]
    usage = x509.KeyUsage(
        **dict.fromkeys([*usages, "encipher_only", "decipher_only"], False), key_cert_sign=True, crl_sign=True
    )
    # The number tells authorities of one machine apart where only names are shown.
    name = f"Chatmount internal CA {x509.random_serial_number():x}"[:64]
    return KeyPair.make(name, now, CA_LIFETIME, [x509.BasicConstraints(ca=True, path_length=0), usage])


def _extensions() -> list[x509.ExtensionType]:
    return [
        x509.SubjectAlternativeName([x509.DNSName(NAME)]),
        x509.BasicConstraints(ca=False, path_length=None),
        # Every process is a server to some and a client of others.
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
    ]
