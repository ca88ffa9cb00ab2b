"""Failed attempts per client: a window that opens with a client's first wrong key.

It protects no key (nobody guesses 155 bits) but the log, the look-ups and the operator's view of attempts.
A right key from the same address always passes: many clients may share one address.
"""

from ipaddress import IPv6Address, IPv6Network

from services.auth.allowlist import Address
from services.windows.window import Window, Windows

# A client with one IPv6 address usually has its whole /64.
_IPV6_CLIENT_BITS = 64


class FailedKeys:
    """Counts failed attempts, at most `limit` in a window of 60 s for each client."""

    def __init__(self, windows: Windows, limit: int) -> None:
        self._windows = windows
        self._limit = limit

    async def record(self, address: Address | None) -> Window:
        """Count one; `allowed` is False for one too many. Clients without an address count as one."""
        return await self._windows.hit(f"failed:{_client(address)}", self._limit)


def _client(address: Address | None) -> str:
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address), _IPV6_CLIENT_BITS), strict=False))
    return str(address) if address else "unknown"
