"""Whether every running process accepts a signing secret.

Each is asked with a token that may do nothing."""

import asyncio
import socket
from typing import Any

import grpc

from services.cli.calls.endpoints import Endpoints
from services.cli.failures import CommandFailed
from services.config.addresses import Address, parse_addresses
from services.rpc.channels import CHANNEL_OPTIONS
from services.trust.principal import Principal, Role
from services.trust.principal_tokens import TokenSigner
from services.trust.transport import InternalTls, open_secure_or_not

# No method allows this role: the answer shows whether the token is known, and the method is never reached.
NOBODY = Principal(role=Role.ROLE_UNSPECIFIED)
METHODS = {
    "auth": "/chatmount.auth.v1.AccountService/ListAccounts",
    "quota": "/chatmount.quota.v1.QuotaService/GetUsage",
    "retrieval": "/chatmount.retrieval.v1.SourceService/ListSources",
    "chat": "/chatmount.chat.v1.SessionService/ListSessions",
}
PATIENCE_SECONDS = 10.0
ASK_SECONDS = 5.0
PAUSE_SECONDS = 0.2


async def accepted_everywhere(endpoints: Endpoints, secret: str, tls: InternalTls | None) -> None:
    """Returns when every running process accepts tokens signed with `secret`.

    CommandFailed when one does not. One that can't be reached reads the secrets when it starts.
    """
    refusing = await _others(endpoints, secret, tls, grpc.StatusCode.PERMISSION_DENIED)
    if refusing:
        raise CommandFailed(
            f"Not accepted yet by {', '.join(refusing)}: see to it that every process has the same "
            "CHATMOUNT_SECRET_FILE, then run `chatmount secret promote`. Until then the old secret goes on signing."
        )


async def refused_everywhere(endpoints: Endpoints, secret: str, tls: InternalTls | None) -> None:
    """Returns when no process accepts tokens signed with `secret`. CommandFailed when one does."""
    accepting = await _others(endpoints, secret, tls, grpc.StatusCode.UNAUTHENTICATED)
    if accepting:
        raise CommandFailed(
            f"Still accepted by {', '.join(accepting)}: see to it that every process has the same "
            "CHATMOUNT_SECRET_FILE."
        )


async def _others(endpoints: Endpoints, secret: str, tls: InternalTls | None, wanted: grpc.StatusCode) -> list[str]:
    """The processes that do not answer `wanted` to a token signed with `secret`."""
    token = TokenSigner([secret]).sign(NOBODY)
    replicas = [(name, address) for name in METHODS for address in await _replicas(endpoints.service(name))]
    answers = await asyncio.gather(
        *(_answers(METHODS[name], address, token, tls, wanted) for name, address in replicas)
    )
    return [f"{name} at {address}" for (name, address), well in zip(replicas, answers, strict=True) if not well]


async def _replicas(addresses: str) -> list[str]:
    """Where each process is: behind the name of a service there may be many."""
    found: dict[str, None] = {}
    for address in parse_addresses(addresses):
        try:
            entries = await asyncio.get_running_loop().getaddrinfo(*address, type=socket.SOCK_STREAM)
        except OSError:
            entries = []
        for host, port in [entry[4][:2] for entry in entries] or [address]:
            found[str(Address(str(host), int(port)))] = None
    return list(found)


async def _answers(method: str, address: str, token: str, tls: InternalTls | None, wanted: grpc.StatusCode) -> bool:
    metadata = (("authorization", f"Bearer {token}"),)
    async with open_secure_or_not(address, tls, CHANNEL_OPTIONS) as channel:
        call: Any = channel.unary_unary(method)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while True:
                    code = await call(b"", metadata=metadata, timeout=ASK_SECONDS).code()
                    if code in (wanted, grpc.StatusCode.UNAVAILABLE):
                        return True
                    await asyncio.sleep(PAUSE_SECONDS)
        except TimeoutError:
            return False
