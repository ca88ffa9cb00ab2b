"""The product under test: a stack filled by `chatmount source add`."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
from chatmount.retrieval.v1 import retrieval_pb2, retrieval_pb2_grpc

from bench.retrieval.dataset import Question, Site
from services.chat.answerers import answerer
from services.chat.answerers.extractive import extractive
from services.chat.clients.retrieval import search_result
from tests.contract.operator_client import OperatorClient, Tenant
from tests.contract.plans import PLANS
from tests.contract.stack import USUAL, Stack

AS_CHAT_ASKS = 8
"""How many passages Chat asks for."""

PASSAGES = 50
"""How many passages are asked for: enough for ten pages at three passages a page."""


@dataclass(frozen=True)
class Filled:
    """A chatbot that holds a site's pages."""

    tenant: Tenant
    passages: int
    seconds: float


@dataclass(frozen=True)
class Found:
    """The result of a search. `pages`: URLs in order. `best_sentence`: the highest cosine."""

    pages: list[str]
    texts: list[str]
    best_sentence: float | None
    seconds: float


class Product:
    """Use as a context manager: the stack ends with it."""

    def __init__(self, folder: Path, language: str = "en") -> None:
        self._language = language
        (folder / "plans.toml").write_text(PLANS)
        self._folder = folder
        settings = {"CHATMOUNT_PLANS_FILE": str(folder / "plans.toml"), "CHATMOUNT_MULTILINGUAL": "on"}
        self._stack = Stack(folder / "home", {**USUAL, **settings})

    def __enter__(self) -> "Product":
        self._stack.start("--no-demo")
        self._operator = OperatorClient(self._stack)
        self._channel = self._operator.channel("retrieval")
        self._retrieval = retrieval_pb2_grpc.RetrievalServiceStub(self._channel)
        self._rest = httpx.Client(base_url=self._stack.base_url, timeout=60, trust_env=False)
        return self

    def __exit__(self, *_: object) -> None:
        self._rest.close()
        self._channel.close()
        self._stack.stop()

    def fill(self, site: Site) -> Filled:
        """A new chatbot with the site's pages. SystemExit when a page was refused."""
        return self.fill_with(self._written(site))

    def fill_with(self, files: Sequence[str]) -> Filled:
        """A new chatbot with what the arguments of `source add` name. SystemExit when some was refused."""
        tenant = self._operator.tenant(pages=False)
        self._stack.command("bot", "set", tenant.chatbot_id, "--language", self._language)
        began = time.perf_counter()
        adding = ("source", "add", "--bot", tenant.chatbot_id, *files, "--json")
        done = self._stack.command(*adding, check=False, seconds=None)
        seconds = time.perf_counter() - began
        if done.returncode != 0:
            raise SystemExit(f"source add: {done.stderr.strip()}")
        sources = {source["id"]: source["passages"] for source in json.loads(done.stdout)["sources"]}
        return Filled(tenant, sum(sources.values()), seconds)

    def _written(self, site: Site) -> list[str]:
        """The arguments that add a site: a bulk file, or a folder of Markdown (see dataset.py)."""
        if not all(row["url"].endswith(".md") for row in site.rows):
            bulk = self._folder / f"{site.name}.jsonl"
            bulk.write_text("".join(json.dumps(row) + "\n" for row in site.rows), "utf-8")
            return [str(bulk)]
        origin = "/".join(site.rows[0]["url"].split("/")[:3])
        for row in site.rows:
            page = self._folder / site.name / row["url"].removeprefix(f"{origin}/")
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(row["text"], "utf-8")
        return [str(self._folder / site.name), "--base-url", origin]

    def search(self, tenant: Tenant, question: Question, limit: int = PASSAGES) -> Found:
        """One search, with sentences, as Chat asks for it."""
        response, seconds = self._search(tenant, question, limit)
        cosines = [one.scores.sentence for one in response.passages if one.scores.HasField("sentence")]
        return Found(
            pages=list(dict.fromkeys(one.url for one in response.passages)),
            texts=[one.text for one in response.passages],
            best_sentence=max(cosines, default=None),
            seconds=seconds,
        )

    def one_sentence(self, tenant: Tenant, question: Question) -> str:
        """The better sentence of the public endpoint's answer: by the answerer's own choice
        among what Search gives to Chat, because the reply has them in reading order."""
        response, _ = self._search(tenant, question, AS_CHAT_ASKS)
        asked = answerer.Question(question.text[:2000], search_result(response).passages, language=self._language)
        return extractive.extracted(asked, sentences=1).text

    def _search(self, tenant: Tenant, question: Question, limit: int) -> tuple[retrieval_pb2.SearchResponse, float]:
        request = retrieval_pb2.SearchRequest(
            query=question.text[:2000],
            previous_user_turns=question.previous[-20:],
            limit=limit,
            include_sentences=True,
        )
        metadata = self._operator.metadata(account_id=tenant.account_id, chatbot_id=tenant.chatbot_id)
        began = time.perf_counter()
        response = self._retrieval.Search(request, metadata=metadata, timeout=60)
        return response, time.perf_counter() - began

    def answer(self, tenant: Tenant, question: Question) -> tuple[str, bool]:
        """The public endpoint's answer, and whether it shows a source, unlike the fallback."""
        message, sources = self.reply(tenant, question)
        return message, bool(sources)

    def reply(self, tenant: Tenant, question: Question) -> tuple[str, list[dict[str, str]]]:
        """The public endpoint's answer, and the sources that it shows."""
        reply = self._rest.post(
            "/v1/chat", json={"message": question.text[:2000]}, headers={"authorization": f"Bearer {tenant.key}"}
        )
        reply.raise_for_status()
        body = reply.json()
        return body["message"], body["sources"]

    def memory_mb(self) -> float:
        """Resident memory of the retrieval service."""
        process = psutil.Process(self._stack.process_of("retrieval").pid)
        family = [process, *process.children(recursive=True)]
        return float(sum(one.memory_info().rss for one in family)) / 2**20
