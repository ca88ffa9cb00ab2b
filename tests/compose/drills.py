"""What is done with the stack of compose.yaml, on a real Docker engine: `make compose-test`.

Each drill finds the stack running with one chatbot and the first owner of its account, and leaves it so.
"""

import threading
from http.client import HTTPException

import grpc
import pytest
from chatmount.chat.v1 import chat_pb2, chat_pb2_grpc

from services.cli.processes import PROCESSES
from tests.compose.composed_stack import QUESTION, SERVICES_OF_OURS, ComposedStack, answers
from tests.compose.visitor import Visitor
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(1200)


def ask_in_the_playground(visitor: Visitor, stack: ComposedStack, question: str = QUESTION) -> str:
    """The answer that the page shows."""
    visitor.open(f"/dashboard/{stack.bot}/")
    visitor.send(f"/dashboard/{stack.bot}/ask", message=question)
    newest, *_ = visitor.page.all("article", class_="turn")
    assert newest.all("ul", class_="cited"), newest.text
    return newest.one(class_="answer").text


def test_containers_write_nowhere_and_have_only_what_they_run(stack: ComposedStack) -> None:
    for service in SERVICES_OF_OURS:
        (container,) = stack.containers(service)
        assert stack.inside(container, "id", "-u").stdout.strip() == "10001"
        assert "Read-only file system" in stack.inside(container, "touch", "/app/file").stderr
        assert stack.inside(container, "touch", "/tmp/file").returncode == 0  # noqa: S108 - the container's
        for package in ("pip", "onnx"):
            assert "No module named" in stack.inside(container, "python", "-m", package).stderr


def test_rest_and_streams_answer_the_same(stack: ComposedStack) -> None:
    _, reply = stack.ask(QUESTION)
    *tokens, sources, done = stack.stream(QUESTION)
    assert "".join(token["content"] for token in tokens) == reply["message"]
    assert sources == {"type": "sources", "sources": reply["sources"]}
    assert done == {"type": "done"}


def test_grpc_answers_on_the_public_port(stack: ComposedStack) -> None:
    request = chat_pb2.ChatRequest(message=QUESTION)
    with grpc.insecure_channel(f"127.0.0.1:{stack.http_port}") as channel:
        client = chat_pb2_grpc.ChatServiceStub(channel)
        metadata = (("authorization", f"Bearer {stack.key}"),)
        assert client.Chat(request, metadata=metadata).message == stack.ask(QUESTION)[1]["message"]
        assert len(list(client.StreamChat(chat_pb2.StreamChatRequest(message=QUESTION), metadata=metadata))) >= 3


def test_the_dashboard_asks_who_is_there_and_web_has_its_token_and_no_secret(stack: ComposedStack) -> None:
    assert stack.visitor().url.endswith("/dashboard/sign-in?next=%2Fdashboard%2F")
    (container,) = stack.containers("web")
    assert stack.inside(container, "cat", "/var/lib/chatmount/web/token").stdout.count(".") == 2
    assert "Read-only file system" in stack.inside(container, "touch", "/var/lib/chatmount/web/token").stderr
    assert stack.inside(container, "find", "/var/lib/chatmount", "-name", "*.key").stdout == ""


def test_a_person_uploads_a_file_and_asks_in_the_playground(stack: ComposedStack) -> None:
    visitor, sources = stack.signed_in(), f"/dashboard/{stack.bot}/sources"
    (chatbot,) = [link for link in visitor.page.all("a", href=f"/dashboard/{stack.bot}/") if link.text == "Help desk"]
    visitor.open(chatbot.get("href"))
    visitor.open(sources)
    visitor.upload(sources, {"lockers.md": b"# Lockers\n\nA locker costs four euros a day.\n"})

    def is_ready() -> bool:
        visitor.open(visitor.url)
        return [cell.text for cell in visitor.page.all("td", data_label="State")] == ["ready"]

    eventually(is_ready, what="reading the file")
    assert ask_in_the_playground(visitor, stack, "What does a locker cost?") == "A locker costs four euros a day."


def test_the_command_line_asks_over_the_public_endpoint(stack: ComposedStack) -> None:
    assert stack.cli("chat", "--url", "http://envoy:8080", "--key", stack.key, QUESTION)["sources"]
    assert stack.cli("status")["healthy"]
    assert stack.cli("secret", "rotate")
    answers(stack)


def test_no_request_fails_while_replicas_come_go_and_are_restarted(stack: ComposedStack) -> None:
    failures, asked, stop = list[object](), 0, threading.Event()
    visitor = stack.signed_in()

    def keep_asking() -> None:
        nonlocal asked
        while not stop.wait(0.4):
            asked += 1
            try:
                status, reply = stack.ask(QUESTION)
                visitor.open(f"/dashboard/{stack.bot}/sources")
                listed = visitor.page.all("th", scope="row")
            except (OSError, HTTPException) as error:
                status, listed, reply = 0, [], error
            if status != 200 or not listed:
                failures.append((status, reply, visitor.page.text))

    client = threading.Thread(target=keep_asking)
    client.start()
    try:
        stack.up("--no-recreate", *(word for process in PROCESSES for word in ("--scale", f"{process}=2")))
        for process in PROCESSES:
            replicas = stack.containers(process)
            assert len(replicas) == 2
            for replica in replicas:
                stack.restart(process, replica)
        stack.up("--no-recreate", "--scale", "chat=3")
        stack.up("--no-recreate")
        assert {len(stack.containers(process)) for process in PROCESSES} == {1}
    finally:
        stop.set()
        client.join()
    assert failures == []
    assert asked > 30


def test_a_backup_brings_everything_back_to_empty_volumes(stack: ComposedStack) -> None:
    before = stack.cli("key", "list", "--bot", stack.bot)
    saved = stack.compose("run", "--rm", "-T", "cli", "backup", "-").stdout
    stack.compose("down", "--volumes")
    stack.up("postgres")
    stack.compose("run", "--rm", "-T", "cli", "restore", "-", given=saved)
    stack.up()
    assert stack.cli("key", "list", "--bot", stack.bot) == before
    answers(stack)
    assert stack.signed_in().page.all("a", href=f"/dashboard/{stack.bot}/")
    # And in place of what is there.
    stack.compose("stop", *SERVICES_OF_OURS)
    stack.compose("run", "--rm", "-T", "cli", "restore", "-", given=saved, fails=True)
    stack.compose("run", "--rm", "-T", "cli", "restore", "-", "--replace", given=saved)
    stack.up()
    answers(stack)


def test_the_parts_talk_over_tls(stack: ComposedStack) -> None:
    stack.settings["CHATMOUNT_INTERNAL_TLS"] = "on"
    try:
        stack.up("--scale", "web=2")
        answers(stack)
        assert ask_in_the_playground(stack.signed_in(), stack) == stack.ask(QUESTION)[1]["message"]
        assert stack.cli("status")["healthy"]
    finally:
        del stack.settings["CHATMOUNT_INTERNAL_TLS"]
        stack.up()
