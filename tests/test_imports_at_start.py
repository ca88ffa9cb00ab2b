"""What a process loads before it serves: other packages wait until something needs them.

A package costs up to half a second of a start and 25 MB for as long as the process lives.
"""

import subprocess
import sys

from tests.each import for_each

# What gRPC's __init__ looks for beside the packages that are named.
GRPC = {"grpc", "grpc_health", "grpc_reflection", "grpc_tools", "google", "typing_extensions"}
SIGNED = {"cryptography", "jwt"}
TABLES = {"annotated_types", "greenlet", "pydantic", "pydantic_core", "sqlalchemy", "sqlmodel", "typing_inspection"}
SERVICE = {"chatmount", "prometheus_client", "services", "uvloop"} | GRPC | SIGNED | TABLES
HTTP = {"aiohappyeyeballs", "aiohttp", "aiosignal", "attr", "frozenlist", "idna", "multidict", "propcache", "yarl"}
COMMAND = {"chatmount", "click", "rich", "services"} | GRPC

AT_MOST = {
    ", ".join(f"services.{name}.__main__" for name in ("auth", "quota", "chat")): SERVICE
    | {"argon2", "envoy", "udpa", "validate", "xds"},
    "services.retrieval.__main__": SERVICE | {"numpy", "onnxruntime", "qdrant_edge", "tokenizers"},
    "services.web.__main__": {"chatmount", "jinja2", "markupsafe", "prometheus_client", "services", "uvloop"}
    | GRPC
    | HTTP,
    "services.cli.__main__": COMMAND,
    "services.cli.commands.up": COMMAND | SIGNED | {"yaml"},
}
"""The packages of each process, by the modules that it begins with, beside Python's own."""


@for_each("modules", AT_MOST)
def test_a_process_starts_with_nothing_that_only_some_need(modules: str) -> None:
    code = f"import sys, {modules}; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    packages = {name.partition(".")[0] for name in found.stdout.split()} - set(sys.stdlib_module_names)
    # Those of compiled modules, of setuptools and of the program itself have names of their own.
    others = {name for name in packages if not name.startswith("_") and name != "cython_runtime"}
    assert others - AT_MOST[modules] == set()
