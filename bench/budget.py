"""Where the CPU time of one `POST /v1/chat` goes: by process, and by the calls that it is made of.

    .venv/bin/python -m bench.budget [--database postgres] [--together PROCESSES] [--json]

A scripted model answers with 32 tokens at once, from a chatbot with 1,000 passages. A question is asked again and
again, or is a new one each time. All figures are microseconds of CPU time; the calls are made directly, without Envoy
and Chat. `--together` is handed on as CHATMOUNT_TOGETHER. Only ratios of one run can be compared.
"""

import argparse
import asyncio
import json
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Any

import grpc
from chatmount.quota.v1 import quota_pb2, quota_pb2_grpc
from chatmount.retrieval.v1 import retrieval_pb2, retrieval_pb2_grpc
from envoy.extensions.common.ratelimit.v3.ratelimit_pb2 import RateLimitDescriptor
from envoy.service.auth.v3 import attribute_context_pb2 as attributes
from envoy.service.auth.v3 import external_auth_pb2, external_auth_pb2_grpc
from envoy.service.ratelimit.v3 import rls_pb2, rls_pb2_grpc
from rich.console import Console
from rich.table import Table

from bench.provider import provider
from bench.systems import ASKED, Pages, System, cost_of, cpu_seconds, install
from services.chat.clients.retrieval import PASSAGES as ASKED_FOR
from services.ids import new_id
from services.trust.principal import Channel, Principal, Role
from tests.contract.operator_client import OperatorClient, Tenant
from tests.contract.stack import Stack
from tests.promises.own_postgres import own_postgres

EDGE = Principal(Role.ROLE_EDGE)
PLAN = "roomy"

Call = Callable[[], Awaitable[object]]


@asynccontextmanager
async def calls_of(stack: Stack, tenant: Tenant, asked: str, fresh: Iterator[str]) -> AsyncIterator[dict[str, Call]]:
    """The calls by name. `asked`: a question that comes again and again; `fresh`: others."""
    signer = OperatorClient(stack).signer
    caller = Principal(
        Role.ROLE_API_KEY, tenant.account_id, tenant.chatbot_id, tenant.key_id, PLAN, channel=Channel.API
    )

    def token(principal: Principal, service: str) -> Any:
        return (("authorization", f"Bearer {signer.sign_for_a_call(principal, service)}"),)

    channels = {name: grpc.aio.insecure_channel(stack.endpoints[name]) for name in ("auth", "quota", "retrieval")}
    authorization = external_auth_pb2_grpc.AuthorizationStub(channels["auth"])
    limits = rls_pb2_grpc.RateLimitServiceStub(channels["quota"])
    ledger = quota_pb2_grpc.QuotaServiceStub(channels["quota"])
    retrieval = retrieval_pb2_grpc.RetrievalServiceStub(channels["retrieval"])
    http = attributes.AttributeContext.HttpRequest(headers={"authorization": f"Bearer {tenant.key}"})
    check = external_auth_pb2.CheckRequest(
        attributes=attributes.AttributeContext(request=attributes.AttributeContext.Request(http=http))
    )
    window = {"key_id": tenant.key_id, "plan": PLAN}
    entries = [RateLimitDescriptor.Entry(key=key, value=value) for key, value in window.items()]
    hit = rls_pb2.RateLimitRequest(domain="chatmount", descriptors=[RateLimitDescriptor(entries=entries)])

    async def charge() -> None:
        name, metadata = new_id("rsv"), token(caller, "quota")
        reserve = quota_pb2.ReserveRequest(request_id="bench", ttl_seconds=600, reservation_id=name)
        await ledger.Reserve(reserve, metadata=metadata)
        await ledger.Settle(quota_pb2.SettleRequest(reservation_id=name), metadata=metadata)

    def search(question: str) -> Awaitable[object]:
        request = retrieval_pb2.SearchRequest(query=question, limit=ASKED_FOR, include_sentences=True)
        found: Awaitable[object] = retrieval.Search(request, metadata=token(caller, "retrieval"))
        return found

    try:
        yield {
            "the key is checked": lambda: authorization.Check(check, metadata=token(EDGE, "auth")),
            "the minute is counted": lambda: limits.ShouldRateLimit(hit, metadata=token(EDGE, "quota")),
            "a credit is reserved and charged": charge,
            "a search for what was asked before": lambda: search(asked),
            "a search for something new": lambda: search(next(fresh)),
        }
    finally:
        for channel in channels.values():
            await channel.close()


async def repeat_call(call: Call, callers: int, seconds: float) -> int:
    """Have so many callers make a call over and over; returns how many were made."""
    loop = asyncio.get_running_loop()
    end, made = loop.time() + seconds, 0

    async def again_and_again() -> None:
        nonlocal made
        while loop.time() < end:
            await call()
            made += 1

    await asyncio.gather(*(again_and_again() for _ in range(callers)))
    return made


PASSAGES = 1000

Costs = dict[str, dict[str, list[float]]]
"""Microseconds by what was asked and by process, one for each round."""


def measure_answers(system: System, pages: Pages, options: argparse.Namespace, costs: Costs) -> None:
    """Answers through the public port."""
    asked = {
        "an answer to what was asked before": iter(lambda: ASKED, None),
        "an answer to something new": pages.fresh(),
        "the same, streamed": pages.fresh(),
    }
    for name, questions in asked.items():
        requests = (system.request(text, stream="streamed" in name) for text in questions)
        load, cpu_ms = cost_of(system.pids, system.url, requests, options.connections, options.seconds)
        if load.unexpected:
            raise SystemExit(f"{load.unexpected} requests were refused")
        for process, milliseconds in cpu_ms.items():
            costs.setdefault(name, {}).setdefault(process, []).append(milliseconds * 1000)


async def measure_calls(stack: Stack, tenant: Tenant, pages: Pages, options: argparse.Namespace, costs: Costs) -> None:
    """The calls alone."""
    async with calls_of(stack, tenant, ASKED, pages.fresh()) as calls:
        for name, call in calls.items():
            await repeat_call(call, options.connections, min(0.5, options.seconds))
            before = cpu_seconds(stack.pids())
            made = await repeat_call(call, options.connections, options.seconds)
            used: Counter[str] = cpu_seconds(stack.pids())
            for process, seconds in used.items():
                microseconds = (seconds - before[process]) * 1e6 / made
                costs.setdefault(name, {}).setdefault(process, []).append(microseconds)


def measured(options: argparse.Namespace) -> dict[str, dict[str, float]]:
    """The median of the rounds, by what was asked and by process."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chatmount-budget-")))
        model = stack.enter_context(provider(folder))
        settings = {"CHATMOUNT_LLM_URL": model.url, "CHATMOUNT_LLM_MODEL": "m"}
        if options.database == "postgres":
            settings["CHATMOUNT_DATABASE_URL"] = stack.enter_context(own_postgres()).url
        pages = Pages(options.passages)
        installation = install(folder / "installation", pages, settings)
        assert installation.tenant is not None
        running, system = stack.enter_context(installation.running(options.together))
        costs: Costs = {}
        for _ in range(options.rounds):
            measure_answers(system, pages, options, costs)
            asyncio.run(measure_calls(running, installation.tenant, pages, options, costs))
    return {name: {process: median(rounds) for process, rounds in of_one.items()} for name, of_one in costs.items()}


def show(costs: dict[str, dict[str, float]]) -> None:
    processes = sorted({process for of_one in costs.values() for process in of_one})
    table: Any = Table(title="Microseconds of CPU time, one run on one machine")
    table.add_column("")
    for column in (*processes, "together"):
        table.add_column(column, justify="right")
    for name, of_one in costs.items():
        figures = [of_one.get(process, 0.0) for process in processes]
        table.add_row(name, *(f"{figure:,.0f}" if figure >= 5 else "" for figure in (*figures, sum(figures))))
    Console(width=140).print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite", help="postgres: one is started")
    parser.add_argument("--together", default="", help="the value of CHATMOUNT_TOGETHER: services in one process")
    parser.add_argument("--passages", type=int, default=PASSAGES)
    parser.add_argument("--seconds", type=float, default=3.0, help="length of each counted run")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3, help="the median of so many is shown")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    costs = measured(options)
    if options.json:
        print(json.dumps(costs, indent=2))
    else:
        show(costs)


if __name__ == "__main__":
    main()
