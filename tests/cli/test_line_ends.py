"""Line ends of other systems are shown as line ends, also when two tokens share one."""

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command_line import CommandLine
from tests.cli.conftest import Bot
from tests.each import for_each

ANSWER = "First line.\r\nSecond line.\r\nThird line."
SHOWN = "First line.\nSecond line.\nThird line.\n"


def test_an_answer_from_a_spreadsheet_is_shown_in_lines(cli: CommandLine, bot: Bot, tmp_path: Path) -> None:
    (tmp_path / "pairs.csv").write_bytes(f'question,answer\r\n"How do\r\nI pack it?","{ANSWER}"\r\n'.encode())
    cli.json("qa", "import", "--bot", bot.id, tmp_path / "pairs.csv")
    key = cli.json("key", "create", "--bot", bot.id)["key"]
    question = "How do\r\nI pack it?"
    assert cli("chat", "--key", key, "--session", "s", question).out == SHOWN
    assert cli("chat", "--key", key, "--stream", question).out == SHOWN
    assert f"How do\nI pack it?\n{SHOWN}" in cli("session", "show", "--bot", bot.id, "s").out + "\n"
    # Programs get what is kept.
    assert cli.json("chat", "--key", key, question)["message"] == ANSWER


class _Answers(http.server.BaseHTTPRequestHandler):
    """A server whose answer is the body of the question."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        content = str(body["message"]).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def url() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_line_end_that_two_tokens_share_is_one(lonely: CommandLine, url: str) -> None:
    tokens = ["First line.\r", "\nSecond line.", "\r", "\nThird ", "line."]
    events: list[dict[str, object]] = [{"type": "token", "content": token} for token in tokens]
    events.append({"type": "done"})
    stream = "".join(f"data: {json.dumps(event)}\n\n" for event in events)
    assert lonely("chat", "--key", "k", "--url", url, "--stream", stream).out == SHOWN


@for_each("answer", ["", "null", "[]", "<html>", '{"message": 5}', "[" * 100_000, '{"answer": "x"}'])
@for_each("stream", [False, True])
def test_a_server_that_is_no_chatmount_is_told_in_one_line(
    lonely: CommandLine, url: str, answer: str, stream: bool
) -> None:
    if stream:
        said = lonely.refused("chat", "--key", "k", "--url", url, "--stream", f"data: {answer}\n\n")
    else:
        said = lonely.refused("chat", "--key", "k", "--url", url, answer)
    assert said == f"What {url}/v1/chat answers is no answer of Chatmount; is the address right?"


@for_each("key", ["clé", "a\nb", "a\x00"])
def test_what_can_be_no_key_is_not_sent(lonely: CommandLine, url: str, key: str) -> None:
    said = lonely.refused("chat", "--key", key, "--url", url, "x")
    assert said == "That is no API key: keys consist of letters, digits and _."
