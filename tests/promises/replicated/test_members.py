"""Who is removed from an account is out of it with the next click, whichever replica of web makes the page."""

import urllib.request

import httpx
from chatmount.access.v1.access_pb2 import MEMBER_ROLE_EDITOR
from chatmount.auth.v1 import people_pb2, people_pb2_grpc

from tests.contract.operator_client import OperatorClient
from tests.promises.replicated.replicated_stack import REPLICAS, ReplicatedStack
from tests.waiting import PATIENCE

MOST_CLICKS = 60
"""Envoy chooses a replica for each by chance."""


def pages_of(stack: ReplicatedStack, status: int) -> list[float]:
    """How many pages with this status each replica of web has made."""
    return [_pages_at(address, f'status="{status}"') for address in stack.endpoints["metrics"]["web"]]


def _pages_at(address: str, status: str) -> float:
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=PATIENCE) as reply:
        lines = reply.read().decode().splitlines()
    pages = [line for line in lines if line.startswith("chatmount_web_requests_total{") and status in line]
    return sum(float(line.rpartition(" ")[2]) for line in pages)


def click_until_all_have_answered(browser: httpx.Client, stack: ReplicatedStack, page: str, status: int) -> None:
    before, answered, clicks = pages_of(stack, status), 0, 0
    while answered < REPLICAS["web"] and clicks < MOST_CLICKS:
        assert browser.get(page).status_code == status
        answered = sum(now > then for now, then in zip(pages_of(stack, status), before, strict=True))
        clicks += 1
    assert answered == REPLICAS["web"]


def test_a_removed_member_is_out_at_the_next_click(replicated: ReplicatedStack, operator: OperatorClient) -> None:
    account = operator.create_account("plus")
    chatbot = operator.create_chatbot(account)
    members, here = people_pb2_grpc.MemberServiceStub, replicated.endpoints["https"]
    invitation = people_pb2.CreateInvitationRequest(email="grace@example.com", role=MEMBER_ROLE_EDITOR)
    secret = operator.call(members, "CreateInvitation", invitation, account_id=account).secret
    with httpx.Client(
        base_url=here, verify=False, trust_env=False, timeout=PATIENCE, headers={"origin": here}
    ) as browser:
        # Where browsers are tried for whether they keep cookies.
        browser.get("/dashboard/invitation", params={"secret": secret})
        typed = {"secret": secret, "name": "Grace", "password": "correct horse battery"}
        assert browser.post("/dashboard/invitation", data=typed).status_code == 303
        for page in (f"/dashboard/{account}/", f"/dashboard/{chatbot}/sources"):
            click_until_all_have_answered(browser, replicated, page, 200)
        (grace,) = operator.call(members, "ListMembers", people_pb2.ListMembersRequest(), account_id=account).members
        removal = people_pb2.RemoveMemberRequest(user_id=grace.user.id)
        operator.call(members, "RemoveMember", removal, account_id=account)
        for page in (f"/dashboard/{account}/", f"/dashboard/{chatbot}/sources"):
            click_until_all_have_answered(browser, replicated, page, 404)
        assert browser.get("/dashboard/me").status_code == 200
