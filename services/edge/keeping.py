"""What has to be done beside Envoy for as long as it runs."""

import asyncio

from services.edge.config import EdgeSettings
from services.edge.connections import ConnectionWatch
from services.edge.credential import EdgeCredential


def keep_edge(edge: EdgeSettings, credential: EdgeCredential) -> list[asyncio.Task[None]]:
    """Starts the tasks that renew Envoy's token and tell it how full its listeners are; the caller cancels them."""
    watch = ConnectionWatch(edge.admin, edge.connections_per_listener, edge.connection_pressure)
    return [asyncio.create_task(credential.keep()), asyncio.create_task(watch.keep())]
