"""Where a service is: one address, or those of all its replicas."""

import ipaddress
from typing import NamedTuple


class Address(NamedTuple):
    """A host name or IP address, and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_addresses(text: str) -> tuple[Address, ...]:
    """The addresses in `host:port[,host:port…]`, or none in "". ValueError for a wrong one."""
    return tuple(_parse(part.strip()) for part in text.split(",")) if text else ()


def grpc_target(text: str) -> str:
    """The target of a gRPC channel to all of these addresses; empty for none.

    ValueError when no channel can: it takes one host name, behind which there may be many replicas, or any number of IP
    addresses of one kind.
    """
    addresses = parse_addresses(text)
    if not addresses:
        return ""
    kinds = {ip_version(address.host) for address in addresses}
    joined = ",".join(map(str, addresses))
    if kinds == {4}:
        return f"ipv4:{joined}"
    if kinds == {6}:
        return f"ipv6:{joined}"
    if len(addresses) != 1:
        raise ValueError("several addresses must be all IPv4 or all IPv6; a host name stands alone")
    return f"dns:///{joined}"


def _parse(text: str) -> Address:
    host, _, port = text.rpartition(":")
    if not (host and port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError(f"{text!r} is not host:port")
    return Address(host.removeprefix("[").removesuffix("]"), int(port))


def ip_version(host: str) -> int | None:
    """4 or 6; None for a name."""
    try:
        return ipaddress.ip_address(host).version
    except ValueError:
        return None
