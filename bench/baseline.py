"""What an engineer writes in an afternoon instead: the same answer from one small process.

    .venv/bin/python -m bench.baseline --folder FOLDER --model-url URL --port-file FILE

aiohttp on uvloop, SQLite for keys and credits and with FTS5 for a keyword search, and connections to the model that are
kept. Sessions, minute limits, vectors, traces and all else that the product has are what it may cost more for.
"""

import argparse
import asyncio
import contextlib
import hashlib
import json
import re
import secrets
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import uvloop
from aiohttp import ClientSession, TCPConnector, web

from tests.waiting import eventually

TABLES = """
CREATE TABLE keys (digest TEXT PRIMARY KEY, account_id INTEGER NOT NULL);
CREATE TABLE accounts (id INTEGER PRIMARY KEY, credits INTEGER NOT NULL);
CREATE VIRTUAL TABLE passages USING fts5 (url UNINDEXED, title, text);
"""
SEARCH = "SELECT url, title, text FROM passages WHERE passages MATCH ? ORDER BY bm25(passages) LIMIT 8"
CHARGE = "UPDATE accounts SET credits = credits - 1 WHERE id = ? AND credits > 0 RETURNING credits"
INSTRUCTIONS = "Answer the question from the passages below. If they do not answer it, say so."


def digest_of(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def open_tables(folder: Path) -> sqlite3.Connection:
    tables = sqlite3.connect(folder / "baseline.db", isolation_level=None)
    tables.execute("PRAGMA journal_mode=WAL")
    tables.execute("PRAGMA synchronous=NORMAL")
    return tables


def fill(folder: Path, pages: Sequence[dict[str, str]]) -> str:
    """Tables with these pages and one account; the key to it."""
    tables, key = open_tables(folder), secrets.token_urlsafe(24)
    tables.executescript(TABLES)
    tables.execute("INSERT INTO accounts VALUES (1, 1000000000)")
    tables.execute("INSERT INTO keys VALUES (?, 1)", (digest_of(key),))
    tables.executemany("INSERT INTO passages VALUES (:url, :title, :text)", pages)
    tables.close()
    return key


class Server:
    """Answers questions."""

    def __init__(self, tables: sqlite3.Connection, model_url: str, http: ClientSession) -> None:
        self._tables = tables
        self._completions = f"{model_url}/chat/completions"
        self._http = http

    async def chat(self, request: web.Request) -> web.StreamResponse:
        """POST /v1/chat."""
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        account = self._tables.execute("SELECT account_id FROM keys WHERE digest = ?", (digest_of(key),)).fetchone()
        if account is None:
            return web.json_response({"error": "Invalid API key."}, status=401)
        body = await request.json()
        question = body.get("message")
        if not isinstance(question, str) or not 1 <= len(question) <= 2000:
            return web.json_response({"error": "Message must be between 1 and 2000 characters"}, status=400)
        words = " OR ".join(f'"{word}"' for word in re.findall(r"\w+", question))
        found = self._tables.execute(SEARCH, (words,)).fetchall() if words else []
        sources = [{"url": url, "title": title} for url, title, _ in found[:3]]
        tokens = self._tokens(question, [text for _, _, text in found])
        if body.get("stream"):
            return await self._stream(request, account[0], tokens, sources)
        text = "".join([token async for token in tokens])
        left = self._charge(account[0])
        if left is None:
            return web.json_response({"error": "No credits are left."}, status=429)
        usage = {"credits_used": 1, "credits_remaining": left}
        return web.json_response({"message": text, "sources": sources, "usage": usage})

    async def _stream(
        self, request: web.Request, account_id: int, tokens: AsyncIterator[str], sources: list[dict[str, str]]
    ) -> web.StreamResponse:
        if self._charge(account_id) is None:
            return web.json_response({"error": "No credits are left."}, status=429)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        async for token in tokens:
            await response.write(event({"type": "token", "content": token}))
        await response.write(event({"type": "sources", "sources": sources}))
        await response.write(event({"type": "done"}))
        return response

    async def _tokens(self, question: str, passages: Sequence[str]) -> AsyncIterator[str]:
        prompt = "\n\n".join((INSTRUCTIONS, *passages))
        messages = [{"role": "system", "content": prompt}, {"role": "user", "content": question}]
        body = {"model": "m", "stream": True, "messages": messages}
        async with self._http.post(self._completions, json=body) as response:
            response.raise_for_status()
            async for line in response.content:
                if line.startswith(b"data: {"):
                    content = json.loads(line[6:])["choices"][0]["delta"].get("content")
                    if content:
                        yield content

    def _charge(self, account_id: int) -> int | None:
        left = self._tables.execute(CHARGE, (account_id,)).fetchone()
        return None if left is None else int(left[0])


def event(data: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(data, separators=(',', ':'))}\n\n".encode()


@contextlib.contextmanager
def baseline(folder: Path, model_url: str) -> Iterator[tuple[str, int]]:
    """A server on tables that are filled, in a process of its own: its URL and process id."""
    file = folder / "baseline.port"
    file.unlink(missing_ok=True)
    options = ["--folder", str(folder), "--model-url", model_url, "--port-file", str(file)]
    process = subprocess.Popen([sys.executable, "-m", "bench.baseline", *options])
    try:
        eventually(lambda: file.exists() and bool(file.read_text()))
        yield f"http://127.0.0.1:{file.read_text()}", process.pid
    finally:
        process.terminate()
        process.wait(10)


async def serve(folder: Path, model_url: str, port_file: Path) -> None:
    async with ClientSession(connector=TCPConnector(limit=0)) as http:
        app = web.Application()
        app.router.add_post("/v1/chat", Server(open_tables(folder), model_url, http).chat)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, backlog=4096)
        await site.start()
        port_file.write_text(str(runner.addresses[0][1]))
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--model-url", required=True)
    parser.add_argument("--port-file", type=Path, required=True)
    given = parser.parse_args()
    uvloop.run(serve(given.folder, given.model_url, given.port_file))
