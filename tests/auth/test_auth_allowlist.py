"""Allowlists: what may stand in one, and whom it lets pass."""

import contextlib
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.auth.allowlist import MAXIMUM_ENTRIES, allows, normalise, parse_address
from services.errors import ChatmountError, Reason
from tests.each import for_each

ADDRESSES = st.ip_addresses().map(str)
IPV4 = st.ip_addresses(v=4)


CANONICAL = {
    "203.0.113.7": ["203.0.113.7", " 203.0.113.7 ", "203.0.113.7/32", "::ffff:203.0.113.7"],
    "203.0.113.0/24": ["203.0.113.0/24", "::ffff:203.0.113.0/120", "::ffff:cb00:7100/120"],
    "0.0.0.0/0": ["0.0.0.0/0", "::ffff:0:0/96"],
    "::/0": ["::/0"],
    "2001:db8::1": ["2001:DB8:0:0::1", "2001:db8::1/128"],
    "2001:db8::/32": ["2001:db8::/32"],
}


@for_each(("entry", "canonical"), [(entry, canonical) for canonical, entries in CANONICAL.items() for entry in entries])
def test_an_entry_is_kept_in_canonical_form(entry: str, canonical: str) -> None:
    assert normalise([entry]) == (canonical,)


NO_NETWORK = ["", "example.com", "203.0.113.256", "203.0.113.7/33", "203.0.113.7:443", "[2001:db8::1]", "203.0.113.*"]
NO_SIZE = ["203.0.113.0/24/24", "203.0.113.0/", "203.0.113.0/-1", "203.0.113.0/٢٤", "203.0.113.0/255.255.255.0"]
WRONG = {
    "not an IPv4 or IPv6": [*NO_NETWORK, "203.0.113.7\x00"],
    "number of bits": NO_SIZE,
    "did you mean 203.0.113.0/24?": ["203.0.113.7/24"],
    "did you mean 2001:db8::/32?": ["2001:db8::1/32"],
    "has bits set beyond /120": ["::ffff:203.0.113.7/120"],
    "zone": ["fe80::1%eth0", "fe80::%1/64"],
    "not an IP address": ["1" * 5000],
}


@for_each(("entry", "complaint"), [(entry, complaint) for complaint, entries in WRONG.items() for entry in entries])
def test_a_wrong_entry_is_refused_with_what_is_wrong(entry: str, complaint: str) -> None:
    with pytest.raises(ChatmountError) as caught:
        normalise(["192.0.2.1", entry])
    assert caught.value.reason == Reason.INVALID_FIELD
    assert complaint in caught.value.text
    assert len(caught.value.text) < 250
    assert caught.value.text.startswith("allowlist")


def test_duplicates_are_dropped_and_the_order_stays() -> None:
    assert normalise(["10.0.0.2", "::ffff:10.0.0.1", "10.0.0.1", "10.0.0.2/32"]) == ("10.0.0.2", "10.0.0.1")


def test_there_may_be_a_hundred_entries_and_not_one_more() -> None:
    entries = [f"10.0.{number}.0/24" for number in range(MAXIMUM_ENTRIES + 1)]
    assert len(normalise(entries[:-1])) == MAXIMUM_ENTRIES
    with pytest.raises(ChatmountError, match="at most 100 entries"):
        normalise(entries)


def test_an_empty_list_lets_everyone_pass() -> None:
    assert allows((), parse_address("192.0.2.1"))
    assert allows((), None)


def test_a_list_lets_no_unknown_address_pass() -> None:
    assert not allows(("0.0.0.0/0", "::/0"), None)


def test_ipv6_networks_hold_no_ipv4_clients_and_the_other_way_round() -> None:
    assert not allows(("::/0",), parse_address("192.0.2.1"))
    assert not allows(("::/0",), parse_address("::ffff:192.0.2.1"))
    assert not allows(("0.0.0.0/0",), parse_address("2001:db8::1"))


def test_a_clients_zone_does_not_matter() -> None:
    assert allows(("fe80::/10",), parse_address("fe80::1%eth0"))


@for_each("text", ["", "@envoy.sock", "localhost", "192.0.2.1:80", "192.0.2", "unknown"])
def test_what_is_no_address_is_none(text: str) -> None:
    assert parse_address(text) is None


@given(st.lists(ADDRESSES, max_size=20))
def test_normalising_twice_changes_nothing(entries: list[str]) -> None:
    once = normalise(entries)
    assert normalise(once) == once


@given(IPV4, st.integers(0, 32), IPV4)
def test_a_network_lets_pass_what_lies_in_it(base: IPv4Address, prefix: int, client: IPv4Address) -> None:
    network = IPv4Network((base, prefix), strict=False)
    mapped = f"::ffff:{network.network_address}/{prefix + 96}"
    for entry in (str(network), mapped):
        for seen_as in (str(client), f"::ffff:{client}"):
            assert allows(normalise([entry]), parse_address(seen_as)) == (client in network)


@given(st.ip_addresses(v=6), st.integers(0, 128))
def test_an_address_lies_in_each_of_its_networks(client: IPv6Address, prefix: int) -> None:
    if client.ipv4_mapped is None:
        network = ip_network((int(client) if int(client) >= 2**32 else str(client), prefix), strict=False)
        assert allows(normalise([str(network)]), client)


@given(st.text())
def test_any_text_is_an_entry_or_refused(text: str) -> None:
    with contextlib.suppress(ChatmountError):
        (canonical,) = normalise([text])
        assert " " not in canonical
        assert normalise([canonical]) == (canonical,)
