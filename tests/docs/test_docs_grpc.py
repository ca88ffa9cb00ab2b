"""The client of docs/grpc.md can be generated as the page says, and speaks to the server."""

import os
import re
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
from chatmount.chat.v1 import chat_pb2, chat_pb2_grpc

from tests.pages import ROOT, blocks

PAGE = ROOT / "docs" / "grpc.md"


class Chat(chat_pb2_grpc.ChatServiceServicer):
    """Answers with what it was asked and under which key."""

    def Chat(self, request: chat_pb2.ChatRequest, context: grpc.ServicerContext) -> chat_pb2.ChatResponse:
        key = dict(context.invocation_metadata())["authorization"]
        return chat_pb2.ChatResponse(message=f"{request.message} {key}")


def test_the_client_is_generated_and_asks(tmp_path: Path) -> None:
    (command,) = (block for block in blocks(PAGE, "sh") if "protoc" in block)
    *_, protoc = command.replace("\\\n", " ").splitlines()
    interpreter, *arguments = shlex.split(protoc)
    assert interpreter == "client/bin/python"
    (tmp_path / "client").mkdir()
    (tmp_path / "gen").symlink_to(ROOT / "gen")
    subprocess.run([sys.executable, *arguments], cwd=tmp_path, check=True)

    server = grpc.server(ThreadPoolExecutor(1))
    chat_pb2_grpc.add_ChatServiceServicer_to_server(Chat(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    (program,) = blocks(PAGE, "python")
    program, replaced = re.subn("localhost:8080", f"127.0.0.1:{port}", program)
    assert replaced == 1
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "client"), "KEY": "cm_live_x"}
    program += "\nprint(chat_pb2.__file__)"
    asked = subprocess.run(
        [sys.executable, "-c", program], env=environment, cwd=tmp_path, capture_output=True, text=True
    )
    server.stop(None).wait()
    assert asked.stderr == ""
    answer, generated = asked.stdout.splitlines()
    assert answer == "How do I rotate a key? Bearer cm_live_x"
    assert Path(generated).is_relative_to(tmp_path / "client")


def test_no_command_uses_a_variable_that_nobody_has_set() -> None:
    # KEY is the reader's own; a block is pasted as a whole, after those above it or without them.
    for block in blocks(PAGE, "sh"):
        used = set(re.findall(r"\$(\w+)", block)) - {"KEY"}
        assert used == set(re.findall(r"^(\w+)=", block, re.M)), block
