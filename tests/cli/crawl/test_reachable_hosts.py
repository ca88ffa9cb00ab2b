"""No address of a private network is open, in whatever form it is written."""

import ipaddress

from services.cli.crawl.reachable_hosts import may_be_reached
from tests.each import for_each

# ruff: noqa: SIM905
PRIVATE = """
0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 169.254.169.254 169.254.170.2 172.16.0.1
172.31.255.255 192.0.0.1 192.0.0.192 192.0.2.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 240.0.0.1
255.255.255.255 :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:0:127.0.0.1
64:ff9b::127.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 100::1 2001::1 2001:db8::1 2002:7f00:1:: 2002:a9fe:a9fe::1
2002:c0a8:101::1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1
""".split()
PUBLIC = """
1.1.1.1 8.8.8.8 93.184.216.34 172.15.255.255 172.32.0.1 192.167.255.255 100.63.255.255 100.128.0.1
2606:4700:4700::1111 2a00:1450:4001:800::200e ::ffff:8.8.8.8 64:ff9b::8.8.8.8 2002:808:808::1
""".split()


@for_each("address", PRIVATE)
def test_a_private_address_is_closed(address: str) -> None:
    assert not may_be_reached(address)


@for_each("address", PUBLIC)
def test_a_public_address_is_open(address: str) -> None:
    assert may_be_reached(address)


@for_each("text", ["", "localhost", "127.1", "0x7f.0.0.1", "2130706433", "1.1.1.1:80", "[::1]", "1.1.1.256"])
def test_what_is_no_address_is_closed(text: str) -> None:
    assert not may_be_reached(text)


def test_an_operator_opens_a_network_and_nothing_else() -> None:
    allowed = [ipaddress.ip_network("10.1.0.0/16"), ipaddress.ip_network("fd00::/64")]
    assert may_be_reached("10.1.2.3", allowed)
    assert may_be_reached("::ffff:10.1.2.3", allowed)
    assert may_be_reached("fd00::1", allowed)
    assert not may_be_reached("10.2.0.1", allowed)
    assert not may_be_reached("127.0.0.1", allowed)
    assert not may_be_reached("fd00:0:0:1::1", allowed)
