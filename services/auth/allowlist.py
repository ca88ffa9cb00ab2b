"""IP allowlists: which addresses may use a key."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from services.errors import invalid

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

MAXIMUM_ENTRIES = 100
MAXIMUM_ENTRY_LENGTH = 64  # the longest IPv6 network has 49
# Lists, and addresses, that are remembered as they were read.
MANY = 4096

_MAPPED = IPv6Network("::ffff:0:0/96")
_MAPPED_BITS = _MAPPED.prefixlen


@lru_cache(MANY)
def parse_address(text: str) -> Address | None:
    """The address that Envoy vouches for, IPv4 also when mapped into IPv6; None for no address."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (isinstance(address, IPv6Address) and address.ipv4_mapped) or address


def normalise(entries: Iterable[str]) -> tuple[str, ...]:
    """The entries in canonical form and their order, each once. INVALID_FIELD for a wrong one.

    A single address stays one (`203.0.113.7`); IPv4 mapped into IPv6 becomes IPv4, which is what clients are seen as.
    """
    canonical = [_canonical(entry) for entry in entries]
    if len(canonical) > MAXIMUM_ENTRIES:
        raise invalid(f"allowlist may have at most {MAXIMUM_ENTRIES} entries; these are {len(canonical)}.")
    return tuple(dict.fromkeys(canonical))


def allows(entries: Sequence[str], address: Address | None) -> bool:
    """Whether a client at `address` may pass: any, when the list is empty; else no unknown one."""
    if not entries:
        return True
    if address is None:
        return False
    return any(address.version == network.version and address in network for network in _networks(tuple(entries)))


@lru_cache(MANY)
def _networks(entries: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ip_network(entry) for entry in entries)


def _canonical(entry: str) -> str:
    text = entry.strip()
    shown = repr(text[:MAXIMUM_ENTRY_LENGTH])
    address, slash, prefix = text.partition("/")
    if len(text) > MAXIMUM_ENTRY_LENGTH:
        raise invalid(f"allowlist: {shown}… is not an IP address or network.")
    if "%" in text:
        raise invalid(f"allowlist: {shown} names a zone, which has no meaning to other machines; leave it out.")
    if slash and not (prefix.isascii() and prefix.isdigit()):
        raise invalid(f"allowlist: {shown} must give its size as a number of bits, such as 203.0.113.0/24.")
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise invalid(f"allowlist: {shown} is not an IPv4 or IPv6 address or network.") from None
    if network.network_address != ip_address(address):
        raise invalid(f"allowlist: {shown} has bits set beyond /{network.prefixlen}; did you mean {network}?")
    network = _unmapped(network)
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)


def _unmapped(network: Network) -> Network:
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        mapped = int(network.network_address) & 0xFFFFFFFF
        return IPv4Network((mapped, network.prefixlen - _MAPPED_BITS))
    return network
