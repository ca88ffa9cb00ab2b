"""The processes of a stack behind Envoy: the services, and web, which serves the dashboard."""

from services.config.settings import Settings
from services.trust.principal import SERVICES

WEB = "web"
PROCESSES = (*SERVICES, WEB)


def processes_of(settings: Settings) -> tuple[str, ...]:
    """The processes that a stack with these settings has."""
    return PROCESSES if settings.dashboard else SERVICES
