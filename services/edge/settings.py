"""What Envoy is configured with, from the settings of an installation."""

from pathlib import Path

from services.config.addresses import Address, parse_addresses
from services.config.settings import Settings, SettingsError
from services.edge.certificate import public_certificate
from services.edge.config import CONNECTIONS, EdgeSettings
from services.edge.connections import FILE_NAME as PRESSURE_NAME
from services.edge.credential import FILE_NAME as CREDENTIAL_NAME
from services.trust.transport import internal_tls

ADMIN = Address("127.0.0.1", 9901)


def edge_settings(
    settings: Settings,
    connections: int = CONNECTIONS,
    *,
    folder: Path | None = None,
    admin: Path | Address = ADMIN,
) -> EdgeSettings:
    """The edge of a stack whose services have addresses; `connections` for each listener.

    `folder`: for the files that change while Envoy runs. SettingsError when a service has no address, or for the
    certificate.
    """
    folder = folder or settings.home / "edge"
    certificate, private_key = public_certificate(settings)
    return EdgeSettings(
        auth=_replicas("auth", settings.auth_address),
        quota=_replicas("quota", settings.quota_address),
        retrieval=_replicas("retrieval", settings.retrieval_address),
        chat=_replicas("chat", settings.chat_address),
        web=_replicas("web", settings.web_address) if settings.dashboard else (),
        dashboard_url=settings.dashboard_url,
        certificate=certificate,
        private_key=private_key,
        credential=folder / CREDENTIAL_NAME,
        connection_pressure=folder / PRESSURE_NAME,
        admin=admin,
        http=Address(settings.listen_host, settings.http_port),
        https=Address(settings.listen_host, settings.https_port),
        traces=settings.traces,
        trusted_proxies=settings.trusted_proxies,
        failed_attempts_per_minute=settings.failed_attempts_per_minute,
        internal_tls=internal_tls(settings),
        connections_per_listener=connections,
    )


def _replicas(service: str, text: str) -> tuple[Address, ...]:
    if not text:
        instead = " For an installation without a dashboard, set CHATMOUNT_DASHBOARD=off." if service == "web" else ""
        raise SettingsError(f"CHATMOUNT_{service.upper()}_ADDRESS must say where the service is (host:port).{instead}")
    return parse_addresses(text)
