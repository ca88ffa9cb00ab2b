"""Access rules: every method of every service has one."""

import pytest
from chatmount.auth.v1 import auth_pb2, people_pb2
from chatmount.chat.v1 import chat_pb2
from chatmount.quota.v1 import quota_pb2
from chatmount.retrieval.v1 import index_pb2, retrieval_pb2

from services.rpc.access import rule_of, service_of
from services.trust.principal import SERVICES

FILES = [module.DESCRIPTOR for module in (auth_pb2, people_pb2, chat_pb2, quota_pb2, retrieval_pb2, index_pb2)]
METHODS = [
    f"/{service.full_name}/{method.name}"
    for file in FILES
    for service in file.services_by_name.values()
    for method in service.methods
]


@pytest.mark.parametrize("method", METHODS)
def test_every_method_says_who_may_call_it(method: str) -> None:
    assert service_of(method) in SERVICES
    rule = rule_of(method)
    assert rule is not None
    assert rule.roles


def test_a_method_without_a_rule_is_nobodys() -> None:
    assert rule_of("/chatmount.chat.v1.ChatService/Nothing") is None
    assert rule_of("/some.Other/Thing") is None
    for other in ("/some.Other/Thing", "/chatmount.errors.v1.Nothing/Thing", "/chatmount", ""):
        assert service_of(other) == ""
