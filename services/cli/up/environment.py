"""The environment of each process: its own addresses, and no secret that it does not need."""

import os
from collections.abc import Mapping, Sequence

from services.cli.processes import WEB
from services.cli.up.replicas import Unit
from services.config.settings import Settings
from services.trust.principal import SERVICES

# Who needs which secret; a process that could leak it without ever needing it is not given it.
SECRETS: Mapping[str, tuple[str, ...]] = {
    "CHATMOUNT_ADMIN_TOKEN": (),
    "CHATMOUNT_SECRET_FILE": SERVICES,
    "CHATMOUNT_DATABASE_URL": SERVICES,
    "CHATMOUNT_REDIS_URL": ("auth", "quota", "chat"),
    "CHATMOUNT_QDRANT_API_KEY": ("retrieval",),
    "CHATMOUNT_EMBEDDINGS_API_KEY": ("retrieval",),
    "CHATMOUNT_LLM_API_KEY": ("chat",),
    "CHATMOUNT_LLM_FALLBACK_API_KEY": ("chat",),
}


def process_environment(
    unit: Unit,
    settings: Settings,
    addresses: Mapping[str, Sequence[str]],
    inherited: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The environment of one process. `addresses` names all replicas of all services and of web."""
    environment = dict(os.environ if inherited is None else inherited)
    for name, processes in SECRETS.items():
        if not set(unit.processes) & set(processes):
            environment.pop(name, None)
    environment |= {f"CHATMOUNT_{name.upper()}_ADDRESS": ",".join(all_of_it) for name, all_of_it in addresses.items()}
    if WEB not in unit.processes:
        environment["CHATMOUNT_SECRET_FILE"] = str(settings.secret_file.absolute())
    return environment | {
        "CHATMOUNT_HOME": str(settings.home),
        # The one that was chosen: web names it to people.
        "CHATMOUNT_HTTPS_PORT": str(settings.https_port),
        # Services that share a process listen where the others find them.
        "CHATMOUNT_LISTEN": unit.replicas[0].address,
        "CHATMOUNT_METRICS_LISTEN": unit.replicas[0].metrics,
        "PYTHONUNBUFFERED": "1",
    }


def edge_environment(inherited: Mapping[str, str] | None = None) -> dict[str, str]:
    """Envoy's environment: nothing of Chatmount's settings."""
    environment = os.environ if inherited is None else inherited
    return {name: value for name, value in environment.items() if not name.startswith("CHATMOUNT_")}
