"""The house rules about who may import what, walked over every module."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SERVICES = ROOT / "services"
SERVICE_FOLDERS = ("auth", "quota", "retrieval", "chat")
SQL_FILES = {"store.py", "tables.py"}
# What a service's modules are when they are neither its door, its tables nor its composition root.
IO_FILES = SQL_FILES | {"__main__.py", "build.py"}
BANNED_NAMES = {"utils", "util", "common", "helpers", "helper", "misc", "manager"}


def modules() -> list[Path]:
    return sorted(path for path in SERVICES.rglob("*.py"))


def imports_of(path: Path) -> Iterator[str]:
    """Absolute names of all that a module imports, `from a import b` as both `a` and `a.b`."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def packages_of(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports_of(path)}


def service_of(path: Path) -> str | None:
    first = path.relative_to(SERVICES).parts[0]
    return first if first in SERVICE_FOLDERS else None


def is_sql(path: Path) -> bool:
    return (
        path.name in SQL_FILES
        or "store" in path.parts
        or "migrations" in path.parts
        or any(path.is_relative_to(SERVICES / package) for package in ("database", "snapshot"))
        or path in {SERVICES / "migrations.py", SERVICES / "migration_environment.py"}
    )


def is_domain(path: Path) -> bool:
    """A service's module that is plain rules: no door, no store, no adapter, no wiring."""
    if service_of(path) is None or is_sql(path) or path.name in IO_FILES:
        return False
    return not (
        "servicer" in path.stem
        or path.stem in {"proto", "clients", "events"}
        or path.stem.startswith("proto_")
        or "servicers" in path.parts
        or "clients" in path.parts
        or "index" in path.parts
    )


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_keeps_to_the_import_rules(path: Path) -> None:
    names, packages = set(imports_of(path)), packages_of(path)
    service = service_of(path)
    if service is not None:
        others = {f"services.{other}" for other in SERVICE_FOLDERS if other != service} | {"services.cli"}
        crossed = {name for name in names if any(name == other or name.startswith(other + ".") for other in others)}
        assert not crossed, "a service folder never imports another; they meet through stubs"
    if not is_sql(path):
        assert not packages & {"sqlmodel", "sqlalchemy", "alembic"}, "SQL stays in store, tables and migrations"
    if "index" not in path.parts:
        assert not packages & {"qdrant_client", "qdrant_edge"}, "the engine stays behind the index interface"
    if is_domain(path):
        assert "grpc" not in packages, "rules know nothing of gRPC"
        assert not [name for name in names if "_pb2" in name], "rules know nothing of protobuf"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_only_settings_reads_the_environment(path: Path) -> None:
    if path == SERVICES / "settings.py":
        return
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os":
            # The launcher hands its own environment on to its children; that is not reading a setting.
            allowed = path.is_relative_to(SERVICES / "cli" / "up")
            assert node.attr not in {"environ", "getenv"} or allowed, f"line {node.lineno}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_is_named_for_what_it_holds(path: Path) -> None:
    assert not set(path.relative_to(SERVICES).with_suffix("").parts) & BANNED_NAMES


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_is_small_enough_to_read_in_one_go(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 300
