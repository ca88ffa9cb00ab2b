"""The background work beside a running Envoy."""

from collections.abc import Sequence

from services.edge.config import EdgeSettings
from services.edge.connections import ConnectionWatch
from services.edge.credential import Credential
from services.tasks import Tasks


def keep_edge(tasks: Tasks, edge: EdgeSettings, credentials: Sequence[Credential]) -> None:
    """Start renewing the tokens, and telling Envoy how full its listeners are."""
    watch = ConnectionWatch(edge.admin, edge.connections_per_listener, edge.connection_pressure)
    for credential in credentials:
        tasks.start(credential.keep(), "renewing a token")
    tasks.start(watch.keep(), "watching Envoy's connections")
