"""A stack in full mode whose secrets can be recognised, and a search for them everywhere."""

import http.server
import json
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.waiting import eventually

ROOT = Path(__file__).parents[2]


def recognisable(name: str) -> str:
    """A secret that can be nothing else."""
    return f"leaked{name}{secrets.token_hex(8)}"


class TalkativeEndpoint(http.server.ThreadingHTTPServer):
    """An OpenAI-compatible endpoint; when `broken`, it repeats the caller's key in its errors."""

    daemon_threads = True
    broken = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.url = f"http://127.0.0.1:{self.server_address[1]}/v1"
        self._thread = threading.Thread(target=self.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Talk(http.server.BaseHTTPRequestHandler):
    server: TalkativeEndpoint

    def do_POST(self) -> None:
        body: Any = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.server.broken:
            refusal = {"error": {"message": f"Incorrect API key provided: {self.headers['authorization']}"}}
            self._reply(401, "application/json", json.dumps(refusal))
        elif "input" in body:
            texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
            data = [{"index": index, "embedding": [1.0, len(text), 0.0, 1.0]} for index, text in enumerate(texts)]
            self._reply(200, "application/json", json.dumps({"data": data}))
        else:
            choice = {"index": 0, "delta": {"content": "From nine to five [1]."}, "finish_reason": "stop"}
            self._reply(200, "text/event-stream", f"data: {json.dumps({'choices': [choice]})}\n\ndata: [DONE]\n\n")

    def _reply(self, status: int, kind: str, text: str) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *arguments: object) -> None:
        return


@contextmanager
def qdrant(folder: Path) -> Iterator[str]:
    """The URL of a server that speaks Qdrant's protocol."""
    port_file = folder / "qdrant.port"
    command = [sys.executable, "-m", "tests.retrieval.qdrant_process", str(port_file)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        eventually(port_file.exists)
        yield f"http://127.0.0.1:{port_file.read_text()}"
    finally:
        # How it ends is nobody's question, and on a busy machine a stop in order takes more than any bound.
        process.kill()
        process.wait()


def command_lines(pids: Iterable[int]) -> str:
    """What `ps` shows of these processes."""
    lines = []
    for pid in pids:
        try:
            lines.append(" ".join(psutil.Process(pid).cmdline()))
        except psutil.NoSuchProcess:
            continue
    return "\n".join(lines)


def listening(pid: int) -> set[tuple[str, str, int]]:
    """Name, address and port of every TCP or UDP socket on which a process listens."""
    process = psutil.Process(pid)
    try:
        sockets = process.net_connections("inet")
    except psutil.AccessDenied:
        pytest.skip("only root sees the sockets of services, which let nobody else look into them")
    waiting = [each for each in sockets if each.status == psutil.CONN_LISTEN or (not each.raddr and each.type == 2)]
    return {(process.name(), each.laddr.ip.removeprefix("::ffff:"), each.laddr.port) for each in waiting}


def files_with(needles: Iterable[str], folder: Path, allowed: Iterable[Path]) -> list[str]:
    """Which files under `folder` hold one of the secrets, except those whose purpose it is."""
    excepted = set(allowed)
    wanted = [needle.encode() for needle in needles]
    found = []
    for file in folder.rglob("*"):
        if file.is_file() and file not in excepted:
            content = file.read_bytes()
            found += [f"{needle.decode()} in {file}" for needle in wanted if needle in content]
    return found
