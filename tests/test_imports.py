"""The rules of the house, walked over every module: each test lists its offenders."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from services.trust.principal import SERVICES as SERVICE_NAMES

ROOT = Path(__file__).parents[1]
SERVICES = ROOT / "services"
MAXIMUM_LINES = 200
BANNED_NAMES = {"utils", "util", "common", "helpers", "helper", "misc", "manager"}

SQL = {"sqlmodel", "sqlalchemy", "alembic"}
ENGINE = {"qdrant_client", "qdrant_edge"}
# The parts of a service that are no plain rules: its wire, its tables, its neighbours, its engine, its wiring.
NO_RULES = {"servicers", "doors", "store", "clients", "index", "__main__.py", "build.py"}
# What the web process may use beside stubs: what all services share, and nothing that signs or stores.
SHARED_WITH_WEB = {
    *(
        "clock",
        "config",
        "contract",
        "errors",
        "file_kinds",
        "ids",
        "languages",
        "observe",
        "request_id",
        "rpc",
        "security_headers",
        "tasks",
        "trust",
        "urls",
    ),
    *("exported_turns", "ratings", "spreadsheet_cells", "web", "widget_snippet", "written_times"),
}


@cache
def modules() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text("utf-8")) for path in sorted(SERVICES.rglob("*.py"))}


def imports_of(path: Path) -> Iterator[str]:
    """Absolute names of all that a module imports, `from a import b` as both `a` and `a.b`."""
    for node in ast.walk(modules()[path]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def offenders(path: Path, forbidden: set[str]) -> list[str]:
    """What of `forbidden`, packages or modules, a module imports."""
    inside = path.relative_to(ROOT).as_posix()
    names = {name for name in imports_of(path) if any(f"{name}.".startswith(f"{other}.") for other in forbidden)}
    return [f"{inside}: {name}" for name in sorted(names)]


def test_services_meet_through_stubs_and_packages_stay_where_they_belong() -> None:
    found = []
    for path in modules():
        first, *_ = parts = path.relative_to(SERVICES).parts
        forbidden = set()
        if first in SERVICE_NAMES:
            forbidden |= {f"services.{other}" for other in SERVICE_NAMES if other != first} | {"services.cli"}
            if not NO_RULES & set(parts):
                forbidden |= {"grpc", *(name for name in imports_of(path) if "_pb2" in name)}
        if first != "database" and "store" not in parts:
            forbidden |= SQL
        if "index" not in parts:
            forbidden |= ENGINE
        found += offenders(path, forbidden)
    assert found == []


def test_the_web_process_is_a_client_that_can_sign_nothing() -> None:
    others = {f"services.{path.stem}" for path in SERVICES.iterdir() if path.stem not in SHARED_WITH_WEB}
    forbidden = others | {f"services.trust.{name}" for name in ("principal_tokens", "secret_file", "signed_claims")}
    found = [
        offender
        for path in modules()
        if path.is_relative_to(SERVICES / "web")
        for offender in offenders(path, forbidden)
    ]
    assert found == []


def test_only_settings_reads_the_environment() -> None:
    found = []
    for path, tree in modules().items():
        # The launcher hands its own environment on to its children; that is not reading a setting.
        if path == SERVICES / "config" / "settings.py" or path.is_relative_to(SERVICES / "cli" / "up"):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os":
                found += [f"{path}:{node.lineno}"] if node.attr in {"environ", "getenv"} else []
    assert found == []


def test_a_module_is_named_for_what_it_holds() -> None:
    assert [path for path in modules() if set(path.relative_to(SERVICES).with_suffix("").parts) & BANNED_NAMES] == []


def test_a_module_is_small_enough_to_read_in_one_go() -> None:
    paths = [*modules(), *(ROOT / "tests").rglob("*.py")]
    lines = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in paths}
    assert {path: number for path, number in lines.items() if number > MAXIMUM_LINES} == {}
