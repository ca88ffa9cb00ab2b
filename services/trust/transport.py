"""Mutual TLS between Envoy, services and command line, under one certificate authority.

Every process shows the same kind of certificate and asks for it: a client without one of that authority is turned away
before a byte of gRPC is read. The name in it is the installation's and not a host's, so that addresses don't matter.
"""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import grpc

from services.config.settings import Settings, SettingsError

NAME = "chatmount.internal"
"""The name that every certificate must hold for."""

SECRETS_FOLDER = "secrets"


@dataclass(frozen=True, slots=True)
class InternalTls:
    """Three PEM files: the authority's certificate, and a certificate with its private key."""

    ca: Path
    certificate: Path
    key: Path

    def server_credentials(self) -> grpc.ServerCredentials:
        """Credentials of a server that only clients with a certificate can call."""
        pair = (self.key.read_bytes(), self.certificate.read_bytes())
        return grpc.ssl_server_credentials([pair], self.ca.read_bytes(), require_client_auth=True)

    def channel_credentials(self) -> grpc.ChannelCredentials:
        """Credentials of a client of such servers. Its channel needs CHANNEL_OPTIONS as well."""
        return grpc.ssl_channel_credentials(self.ca.read_bytes(), self.key.read_bytes(), self.certificate.read_bytes())

    def client_context(self) -> ssl.SSLContext:
        """What a client of such a server needs that speaks HTTP; it has to ask for NAME."""
        context = ssl.create_default_context(cafile=self.ca)
        context.load_cert_chain(self.certificate, self.key)
        return context


CHANNEL_OPTIONS = (("grpc.ssl_target_name_override", NAME),)


def own_files(home: Path, folder: str = SECRETS_FOLDER) -> InternalTls:
    """The certificates that an installation makes for itself, in one of its folders."""
    place = home / folder
    return InternalTls(place / "internal-ca.crt", place / "internal.crt", place / "internal.key")


def internal_tls(settings: Settings, folder: str = SECRETS_FOLDER) -> InternalTls | None:
    """The files that the settings name, or the folder holds; None without TLS.

    SettingsError when it could not work.
    """
    if not settings.internal_tls:
        return None
    if settings.internal_ca and settings.internal_certificate and settings.internal_key:
        given = InternalTls(settings.internal_ca, settings.internal_certificate, settings.internal_key)
        _try_out(given, "CHATMOUNT_INTERNAL_CA, CHATMOUNT_INTERNAL_CERTIFICATE and CHATMOUNT_INTERNAL_KEY")
        return given
    own = own_files(settings.home, folder)
    if not own.certificate.exists():
        raise SettingsError(
            f"CHATMOUNT_INTERNAL_TLS is on, and there is no {own.certificate}: `chatmount up` makes it, or name "
            "files of your own in CHATMOUNT_INTERNAL_CA, CHATMOUNT_INTERNAL_CERTIFICATE and CHATMOUNT_INTERNAL_KEY."
        )
    _try_out(own, f"CHATMOUNT_INTERNAL_TLS: the certificates in {own.certificate.parent}")
    return own


def open_secure_or_not(
    target: str,
    tls: InternalTls | None,
    options: Sequence[tuple[str, str | int]],
    interceptors: Sequence[grpc.aio.ClientInterceptor] = (),
) -> grpc.aio.Channel:
    """A channel to a service of the installation, with TLS where that is on."""
    if tls is None:
        return grpc.aio.insecure_channel(target, options=options, interceptors=interceptors)
    return grpc.aio.secure_channel(
        target, tls.channel_credentials(), options=(*options, *CHANNEL_OPTIONS), interceptors=interceptors
    )


def _try_out(files: InternalTls, subject: str) -> None:
    """SettingsError unless two processes with these files would talk to each other."""
    try:
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        for context in (server, client):
            # Nobody is there to be asked for a passphrase.
            context.load_cert_chain(files.certificate, files.key, password="")
            context.load_verify_locations(files.ca)
            context.verify_mode = ssl.CERT_REQUIRED
        _shake_hands(server, client)
    except ssl.SSLCertVerificationError as error:
        raise SettingsError(f"{subject} don't fit together: {error.verify_message}.") from error
    except OSError as error:
        reason: str | None = getattr(error, "reason", None)
        why = reason.lower().replace("_", " ") if reason else error.strerror or "no PEM file"
        raise SettingsError(f"{subject} can't be used ({why}).") from error


def _shake_hands(server: ssl.SSLContext, client: ssl.SSLContext) -> None:
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname=NAME),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    waiting = list(ends)
    while waiting:
        for end in list(waiting):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            waiting.remove(end)
