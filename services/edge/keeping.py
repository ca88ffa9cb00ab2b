"""The background work beside a running Envoy."""

from services.edge.config import EdgeSettings
from services.edge.connections import ConnectionWatch
from services.edge.credential import EdgeCredential
from services.tasks import Tasks


def keep_edge(tasks: Tasks, edge: EdgeSettings, credential: EdgeCredential) -> None:
    """Start renewing Envoy's token and telling it how full its listeners are."""
    watch = ConnectionWatch(edge.admin, edge.connections_per_listener, edge.connection_pressure)
    tasks.start(credential.keep(), "renewing Envoy's token")
    tasks.start(watch.keep(), "watching Envoy's connections")
