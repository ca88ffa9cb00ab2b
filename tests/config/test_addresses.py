"""Addresses of services as settings name them, and as gRPC wants them."""

import pytest

from services.config.addresses import Address, grpc_target, parse_addresses
from services.config.settings import SettingsError, load_settings
from tests.each import for_each


def test_one_address_or_several_are_read() -> None:
    assert parse_addresses("") == ()
    assert parse_addresses("quota:50051") == (Address("quota", 50051),)
    assert parse_addresses("10.0.0.1:1, 10.0.0.2:2") == (Address("10.0.0.1", 1), Address("10.0.0.2", 2))
    assert parse_addresses("[::1]:7") == (Address("::1", 7),)
    assert str(Address("::1", 7)) == "[::1]:7"


@for_each(
    ("addresses", "target"),
    [
        ("", ""),
        ("127.0.0.1:1", "ipv4:127.0.0.1:1"),
        ("127.0.0.1:1,127.0.0.1:2", "ipv4:127.0.0.1:1,127.0.0.1:2"),
        ("[::1]:1,[::1]:2", "ipv6:[::1]:1,[::1]:2"),
        ("quota.internal:50051", "dns:///quota.internal:50051"),
    ],
)
def test_a_channel_is_opened_to_all_of_them(addresses: str, target: str) -> None:
    assert grpc_target(addresses) == target


@for_each(
    "value",
    ["quota", "quota:", ":1", "quota:0", "quota:65536", "quota:٧", "a:1,b:2", "127.0.0.1:1,[::1]:2", "127.0.0.1:1,"],
)
def test_what_no_channel_can_be_opened_to_is_refused_with_the_name_of_the_setting(value: str) -> None:
    with pytest.raises(SettingsError, match=r"^CHATMOUNT_QUOTA_ADDRESS must be host:port, or IP addresses .*\.$"):
        load_settings({"CHATMOUNT_QUOTA_ADDRESS": value})
