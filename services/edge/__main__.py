"""The edge as a process of its own, for containers: `python -m services.edge` renders, then is Envoy."""

import os
import sys
from pathlib import Path

from services.edge.binary import envoy_command
from services.edge.certificate import ensure_development_certificate
from services.edge.config import TOKEN_VARIABLE, Address, EdgeSettings, write_edge_config
from services.edge.token import sign_edge_token
from services.secret_file import read_secrets
from services.settings import Settings, SettingsError, load_settings
from services.tokens import TokenSigner

DESCRIPTOR_SET = Path(__file__).parents[2] / "gen" / "descriptor_set.pb"
ADMIN = Address("127.0.0.1", 9901)


def main() -> None:
    """Does not return; a setting that can't be used ends it with one line."""
    try:
        settings = load_settings()
        token = sign_edge_token(TokenSigner(read_secrets(settings.secret_file)))
        edge = edge_settings(settings)
    except SettingsError as error:
        sys.exit(str(error))
    directory = settings.home / "edge"
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    command = envoy_command(write_edge_config(edge, directory))
    os.execve(command[0], command, {TOKEN_VARIABLE: token})  # noqa: S606


def edge_settings(settings: Settings) -> EdgeSettings:
    """The edge of a stack whose services have addresses. SettingsError when one has none."""
    certificate, private_key = settings.tls_certificate, settings.tls_key
    if certificate is None or private_key is None:
        certificate, private_key = ensure_development_certificate(settings.home / "secrets")
    return EdgeSettings(
        auth=[_address("AUTH", settings.auth_address)],
        quota=[_address("QUOTA", settings.quota_address)],
        retrieval=[_address("RETRIEVAL", settings.retrieval_address)],
        chat=[_address("CHAT", settings.chat_address)],
        descriptor_set=DESCRIPTOR_SET,
        certificate=certificate,
        private_key=private_key,
        admin=ADMIN,
        http=Address(settings.listen_host, settings.http_port),
        https=Address(settings.listen_host, settings.https_port),
        trusted_proxies=settings.trusted_proxies,
        failed_attempts_per_minute=settings.failed_attempts_per_minute,
    )


def _address(service: str, text: str) -> Address:
    if not text:
        raise SettingsError(f"CHATMOUNT_{service}_ADDRESS must say where the service is (host:port).")
    host, _, port = text.rpartition(":")
    return Address(host.strip("[]"), int(port))


if __name__ == "__main__":
    main()
