"""The spans of a whole and of a streamed answer, as a collector got them; and what sending them costs.

    .venv/bin/python -m bench.traces [--together PROCESSES]
    .venv/bin/python -m bench.traces --cost [--rounds 20] [--seconds 3] [--callers 4] [--passages 300] [--together …]

Without `--cost` a stack is started with a collector and a scripted model, asked twice, and the trees are printed. With
it, two stacks run side by side, one of them with a collector, and are asked at the same time, so that whatever else
slows the machine down slows down both: printed is the CPU time of an answer to what was asked before, and to something
new. `--together` is handed on as CHATMOUNT_TOGETHER. Only ratios of one run can be compared.
"""

import argparse
import multiprocessing
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

import grpc

from bench.provider import provider
from bench.systems import ASKED, Pages, cost_of, install
from tests.chat.model.provider_thread import provider_thread
from tests.collector import Collector, Received, collecting, tree
from tests.contract.client import Client
from tests.contract.operator_client import OperatorClient
from tests.contract.plans import with_plans
from tests.contract.stack import Stack, running

QUESTIONS = {"whole": "How long can I keep a rented bike?", "streamed": "What does a rented bike cost?"}
ATTRIBUTES = (
    *("http.status_code", "rpc.response.status_code", "error.type"),
    *("gen_ai.request.model", "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"),
    "gen_ai.response.finish_reasons",
)
SERVICE = "opentelemetry.proto.collector.trace.v1.TraceService"
PLAIN, TRACED = "without a collector", "with a collector"


def described(span: Received) -> str:
    """A line of the tree."""
    told = {name.rpartition(".")[2]: value for name, value in span.attributes.items() if name in ATTRIBUTES}
    attributes = " ".join(f"{name}={value}" for name, value in told.items())
    return f"{span.name}  [{span.service}] {(span.ended_ns - span.began_ns) / 1e6:.1f} ms  {attributes}".rstrip()


def print_trees(folder: Path, collector: Collector, together: str) -> None:
    with provider_thread() as model:
        environment = {
            **with_plans(folder),
            **collector.environment,
            "CHATMOUNT_TOGETHER": together,
            "CHATMOUNT_LLM_URL": model.url,
            "CHATMOUNT_LLM_MODEL": "m",
        }
        with running(Stack(folder / "home", environment)) as stack:
            client = Client(stack.base_url, OperatorClient(stack).tenant("metered").key)
            for name, question in QUESTIONS.items():
                reply = client.ask(question, stream=name == "streamed")
                request_id = reply.headers["x-request-id"]
                trace_id = stack.json("trace", request_id)["trace"]["trace_id"]
                spans = collector.trace(trace_id, ["POST /v1/chat", "memory"])
                print(f"{name}: request {request_id}, trace {trace_id}", *tree(spans, described), "", sep="\n")
            client.close()


def take(pipe: Connection) -> None:
    """A collector that reads nothing of what it gets."""
    sizes = []

    def export(request: bytes, _: object) -> bytes:
        sizes.append(len(request))
        return b""

    method: grpc.RpcMethodHandler[bytes, bytes] = grpc.unary_unary_rpc_method_handler(export)
    server = grpc.server(ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {"Export": method}),))
    pipe.send(server.add_insecure_port("127.0.0.1:0"))
    server.start()
    pipe.recv()
    pipe.send(sizes)
    server.stop(0).wait()


@contextmanager
def elsewhere() -> Iterator[str]:
    """Its address: a collector beside the callers would slow them down, and an answer costs more when few come."""
    ours, its = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=take, args=(its,))
    process.start()
    try:
        yield f"127.0.0.1:{ours.recv()}"
        ours.send(None)
        sizes = ours.recv()
        print(f"{len(sizes)} exports came, of {sum(sizes) / 1e6:.1f} MB in all")
    finally:
        process.terminate()
        process.join()


def print_cost(folder: Path, options: argparse.Namespace) -> None:
    with ExitStack() as stack:
        model, pages = stack.enter_context(provider(folder)), Pages(options.passages)
        settings = {"CHATMOUNT_LLM_URL": model.url, "CHATMOUNT_LLM_MODEL": "m"}
        endpoint = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{stack.enter_context(elsewhere())}"}
        environments = {PLAIN: settings, TRACED: settings | endpoint}
        systems = {}
        for name, environment in environments.items():
            installation = install(folder / name.partition(" ")[0], pages, environment)
            _, systems[name] = stack.enter_context(installation.running(options.together))
        asked = {
            "what was asked before": {name: iter(lambda: ASKED, None) for name in systems},
            # The same to both, each from a maker of its own.
            "something new": {name: Pages(options.passages).fresh() for name in systems},
        }
        threads = stack.enter_context(ThreadPoolExecutor(len(systems)))
        for what, questions in asked.items():

            def used_by(name: str, questions: dict[str, Iterator[str]] = questions) -> dict[str, float]:
                requests = (systems[name].request(text) for text in questions[name])
                return cost_of(systems[name].pids, systems[name].url, requests, options.callers, options.seconds)[1]

            costs: dict[str, list[float]] = {name: [] for name in systems}
            shares: dict[str, dict[str, list[float]]] = {name: {} for name in systems}
            for _ in range(options.rounds):
                for name, used in zip(systems, threads.map(used_by, systems), strict=True):
                    costs[name].append(sum(used.values()))
                    for process, milliseconds in used.items():
                        shares[name].setdefault(process, []).append(milliseconds)
            ratios = sorted(traced / plain for plain, traced in zip(costs[PLAIN], costs[TRACED], strict=True))
            for name, values in costs.items():
                by_process = ", ".join(f"{process} {median(each):.2f}" for process, each in shares[name].items())
                print(f"{what}, {name}: {median(values):.2f} ms ({min(values):.2f}–{max(values):.2f}): {by_process}")
            of_all = sum(costs[TRACED]) / sum(costs[PLAIN])
            span = f"{ratios[0]:.3f}–{ratios[-1]:.3f}"
            print(f"{what}, ratio: {median(ratios):.3f} ({span}), of all rounds {of_all:.3f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--together", default="", help="services that share a process, as in CHATMOUNT_TOGETHER")
    parser.add_argument("--cost", action="store_true", help="measure what traces cost")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--callers", type=int, default=4, help="of each stack")
    parser.add_argument("--passages", type=int, default=300)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="chatmount-traces-") as folder:
        if options.cost:
            print_cost(Path(folder), options)
        else:
            with collecting() as collector:
                print_trees(Path(folder), collector, options.together)


if __name__ == "__main__":
    main()
