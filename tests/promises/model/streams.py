"""Clients that read a stream, and leave it."""

import http.client
import json
import time
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.chat.model.scripted_provider import ScriptedProvider
from tests.contract.client import QUESTION, Client
from tests.waiting import PATIENCE, eventually


def streaming(client: Client) -> Any:
    return httpx.stream(
        "POST",
        f"{client.base_url}/v1/chat",
        json={"message": QUESTION, "stream": True},
        headers={"authorization": f"Bearer {client.key}"},
        timeout=PATIENCE,
        trust_env=False,
        verify=False,
    )


def leave_after(client: Client, word: str) -> float:
    """When the client had left, which it does on reading this word."""
    with streaming(client) as response:
        assert any(word in line for line in response.iter_lines())
        return time.monotonic()


def leave_before_the_first_token(client: Client, provider: ScriptedProvider) -> float:
    """When the client had left, which it does when the model has been asked."""
    asked, address = len(provider.requests), urlsplit(client.base_url)
    with closing(http.client.HTTPConnection(address.hostname or "", address.port)) as connection:
        body, headers = json.dumps({"message": QUESTION, "stream": True}), {"authorization": f"Bearer {client.key}"}
        connection.request("POST", "/v1/chat", body, headers)
        eventually(lambda: len(provider.requests) > asked, what="the model is asked")
        return time.monotonic()
