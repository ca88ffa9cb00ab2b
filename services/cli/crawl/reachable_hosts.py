"""Addresses that may be asked for a page: public ones, and those an operator allows."""

import ipaddress
from collections.abc import Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Named one by one, for what the standard library calls private differs between its versions: this host, private
# networks, carriers' own and link-local (with most clouds' metadata), documentation, tests, multicast and reserved.
_CLOSED_TEXT = """
0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24
192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/3
::/16 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 3fff::/20 5f00::/16 fc00::/7 fe80::/9 ff00::/8
"""
_CLOSED: tuple[Network, ...] = tuple(map(ipaddress.ip_network, _CLOSED_TEXT.split()))
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_SIX_TO_FOUR = ipaddress.IPv6Network("2002::/16")
_LOWEST_32 = 2**32 - 1


def may_be_reached(text: str, allowed: Sequence[Network] = ()) -> bool:
    """Whether a connection to this address may be opened. False for anything but an address.

    An IPv6 address that stands for an IPv4 address is judged as that one; one that leads to it through a gateway is
    judged as both.
    """
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return all(_is_open(one, allowed) for one in {address, _carried(address)})


def _is_open(address: Address, allowed: Sequence[Network]) -> bool:
    if any(address in network for network in allowed):
        return True
    # Older versions of Python call all of 6to4 private; what such an address leads to is judged on its own.
    is_global = address.is_global or address in _SIX_TO_FOUR
    return is_global and not any(address in network for network in _CLOSED)


def _carried(address: Address) -> Address:
    """The IPv4 address that an IPv6 address leads to; the address itself when it leads to none."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _SIX_TO_FOUR:
        return ipaddress.IPv4Address(int(address) >> 80 & _LOWEST_32)
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & _LOWEST_32)
    return address
