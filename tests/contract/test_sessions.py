"""Conversations: what belongs together and what never meets."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from chatmount.chat.v1 import chat_pb2 as chat
from chatmount.chat.v1 import chat_pb2_grpc

from .client import QUESTION, Client
from .operator_client import OperatorClient, Tenant


def session_turns(operator: OperatorClient, tenant: Tenant, session_id: str) -> list[Any]:
    return list(sessions(operator, tenant, "GetSession", chat.GetSessionRequest(session_id=session_id)).turns)


def sessions(operator: OperatorClient, tenant: Tenant, method: str, request: Any) -> Any:
    return operator.call(chat_pb2_grpc.SessionServiceStub, method, request, **tenant.scope)


def test_one_id_is_one_conversation(client: Client, operator: OperatorClient, tenant: Tenant) -> None:
    client.ask(QUESTION, session_id="talk")
    client.ask("And on Saturdays?", session_id="talk", stream=True)
    turns = session_turns(operator, tenant, "talk")
    assert [turn.question for turn in turns] == [QUESTION, "And on Saturdays?"]
    assert all(turn.answer for turn in turns)


def test_the_same_id_in_two_chatbots_shares_nothing(client: Client, operator: OperatorClient) -> None:
    first, second = operator.tenant(pages=False), operator.tenant(pages=False)
    ids = [
        client.ask(word, key=tenant.key, session_id="same").headers["x-request-id"]
        for tenant, word in ((first, "one"), (second, "two"))
    ]
    for tenant, question, own, others in ((first, "one", *ids), (second, "two", *reversed(ids))):
        assert [turn.question for turn in session_turns(operator, tenant, "same")] == [question]
        exported = sessions(operator, tenant, "ExportTurns", chat.ExportTurnsRequest()).turns
        assert [(turn.session_id, turn.turn.question) for turn in exported] == [("same", question)]
        listed = sessions(operator, tenant, "ListSessions", chat.ListSessionsRequest()).sessions
        assert [session.turns for session in listed] == [1]
        trace = sessions(operator, tenant, "GetTrace", chat.GetTraceRequest(request_id=own))
        assert trace.turn.question == question
        with pytest.raises(grpc.RpcError) as caught:
            sessions(operator, tenant, "GetTrace", chat.GetTraceRequest(request_id=others))
        assert caught.value.code() == grpc.StatusCode.NOT_FOUND  # type: ignore[attr-defined]


def test_a_rotated_key_and_another_key_go_on_with_the_session(client: Client, operator: OperatorClient) -> None:
    tenant = operator.tenant(pages=False)
    client.ask("one", key=tenant.key, session_id="s")
    client.ask("two", key=operator.rotate(tenant.key_id), session_id="s")
    client.ask("three", key=operator.create_key(tenant.chatbot_id)[1], session_id="s")
    assert [turn.question for turn in session_turns(operator, tenant, "s")] == ["one", "two", "three"]


def test_questions_of_one_session_at_the_same_time_are_all_answered_and_kept(
    client: Client, operator: OperatorClient
) -> None:
    tenant = operator.tenant(pages=False)
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda n: client.ask(f"q{n}", key=tenant.key, session_id="busy"), range(16)))
    assert {reply.status for reply in replies} == {200}
    questions = [turn.question for turn in session_turns(operator, tenant, "busy")]
    assert sorted(questions) == sorted(f"q{n}" for n in range(16))


def test_a_session_of_another_chatbot_is_not_found(client: Client, operator: OperatorClient) -> None:
    owner, stranger = operator.tenant(pages=False), operator.tenant(pages=False)
    client.ask("mine", key=owner.key, session_id="private")
    with pytest.raises(grpc.RpcError) as caught:
        session_turns(operator, stranger, "private")
    assert caught.value.code() == grpc.StatusCode.NOT_FOUND  # type: ignore[attr-defined]


def test_a_refused_question_leaves_no_session(client: Client, operator: OperatorClient, tenant: Tenant) -> None:
    assert client.ask("", session_id="never").status == 400
    with pytest.raises(grpc.RpcError):
        session_turns(operator, tenant, "never")
