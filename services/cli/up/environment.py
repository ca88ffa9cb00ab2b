"""What each process is told: its own addresses, and no secret that it has no use for."""

import os
from collections.abc import Mapping

from services.cli.endpoints import SERVICES
from services.settings import Settings

# Who needs which secret; a process that could leak it without ever needing it is not given it.
SECRETS: Mapping[str, tuple[str, ...]] = {
    "CHATMOUNT_ADMIN_TOKEN": (),
    "CHATMOUNT_DATABASE_URL": SERVICES,
    "CHATMOUNT_REDIS_URL": ("auth", "quota", "chat"),
    "CHATMOUNT_QDRANT_API_KEY": ("retrieval",),
    "CHATMOUNT_EMBEDDINGS_API_KEY": ("retrieval",),
    "CHATMOUNT_LLM_API_KEY": ("chat",),
    "CHATMOUNT_LLM_FALLBACK_API_KEY": ("chat",),
}


def service_environment(
    service: str,
    settings: Settings,
    addresses: Mapping[str, str],
    metrics: str,
    inherited: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The environment of one of the four services.

    `addresses` names all of them as `host:port`; `metrics` is where this one is to serve its metrics.
    """
    environment = dict(os.environ if inherited is None else inherited)
    for name, services in SECRETS.items():
        if service not in services:
            environment.pop(name, None)
    environment |= {f"CHATMOUNT_{name.upper()}_ADDRESS": address for name, address in addresses.items()}
    return environment | {
        "CHATMOUNT_HOME": str(settings.home),
        "CHATMOUNT_SECRET_FILE": str(settings.secret_file.absolute()),
        "CHATMOUNT_LISTEN": addresses[service],
        "CHATMOUNT_METRICS_LISTEN": metrics,
        "PYTHONUNBUFFERED": "1",
    }


def edge_environment(inherited: Mapping[str, str] | None = None) -> dict[str, str]:
    """Envoy's environment: nothing of Chatmount's settings."""
    environment = os.environ if inherited is None else inherited
    return {name: value for name, value in environment.items() if not name.startswith("CHATMOUNT_")}
