"""Who is let in by a whole stack; tests/auth asks the rest of who has which key."""

import socket
import time
from urllib.parse import urlsplit

from tests.each import for_each
from tests.waiting import PATIENCE, eventually

from .client import Client
from .operator_client import OperatorClient
from .stack import Stack

# On all databases: tests/auth and tests/promises/replicated.
MODES = ("embedded",)


def raw_status(base_url: str, headers: str) -> int:
    url = urlsplit(base_url)
    body = '{"message":"x"}'
    with socket.create_connection((url.hostname, url.port), timeout=PATIENCE) as connection:
        connection.sendall(
            f"POST /v1/chat HTTP/1.1\r\nHost: x\r\n{headers}Content-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode("latin-1")
        )
        return int(connection.recv(65536).split()[1])


@for_each("value", ["", " ", "Bearer ", "Bearer  ", "bearer\t", "\xff\xfe"])
def test_an_empty_or_binary_header_is_401(client: Client, stack: Stack, value: str) -> None:
    assert raw_status(client.base_url, f"Authorization: {value}\r\n") == 401


def test_a_rotated_key_keeps_its_id_and_the_old_secret_is_dead(client: Client, operator: OperatorClient) -> None:
    tenant = operator.tenant(pages=False)
    secret = tenant.key
    for _ in range(5):
        fresh = operator.rotate(tenant.key_id)
        assert client.ask(key=secret).status == 401
        assert client.ask(key=fresh).status == 200
        secret = fresh


def test_an_expired_key_is_401(client: Client, operator: OperatorClient) -> None:
    tenant = operator.tenant(pages=False)
    for seconds in (2, 8, 30):
        _, key = operator.create_key(tenant.chatbot_id, expires_at=int(time.time()) + seconds)
        if was_good := client.ask(key=key).status == 200:
            break  # a busy machine may get to it when it is over
    assert was_good
    eventually(lambda: client.ask(key=key).status == 401)


def test_an_address_in_the_allowlist_is_let_in(client: Client, operator: OperatorClient) -> None:
    tenant = operator.tenant(pages=False)
    _, key = operator.create_key(tenant.chatbot_id, allowlist=[f"{client.address}/32"])
    assert client.ask(key=key).status == 200
