"""The page that Prometheus reads: `/metrics` over HTTP, on an address of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from wsgiref.simple_server import WSGIServer

from prometheus_client import ProcessCollector, disable_created_metrics, start_http_server

from services.config.settings import not_listened_on
from services.observe.metrics import REGISTRY


@contextmanager
def serving_metrics(address: str) -> Iterator[str]:
    """Serves the process's metrics at `address` (`host:port`; empty: nowhere) during the block.

    Yields the address, for port 0 with the port that was free. A thread of its own answers, so that a busy service can
    be looked at too. SettingsError when the address can't be listened on.
    """
    if not address:
        yield ""
        return
    host, _, port = address.rpartition(":")
    # One more time series for each, which nobody asks for.
    disable_created_metrics()  # type: ignore[no-untyped-call]
    try:
        server, _ = start_http_server(int(port), host.removeprefix("[").removesuffix("]"), REGISTRY)
    except OSError as error:
        raise not_listened_on(address, error) from error
    process = ProcessCollector(registry=REGISTRY)
    try:
        yield f"{host}:{server.server_port}"
    finally:
        REGISTRY.unregister(process)
        # Half a second may pass until it has noticed; a process that stops need not wait for that.
        Thread(target=_close, args=(server,), daemon=True).start()


def _close(server: WSGIServer) -> None:
    server.shutdown()
    server.server_close()
