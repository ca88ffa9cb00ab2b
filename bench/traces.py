"""The spans of a whole and of a streamed answer, as a collector got them; and what sending them costs.

    .venv/bin/python -m bench.traces [--together PROCESSES]
    .venv/bin/python -m bench.traces --cost [--rounds 6] [--seconds 3] [--callers 8] [--passages 300] [--together …]

Without `--cost` a stack is started with a collector and a scripted model, asked twice, and the trees are printed. With
it, two stacks run side by side, one of them with a collector, and take turns under load: printed is the CPU time of an
answer to what was asked before, and to something new. `--together` is handed on as CHATMOUNT_TOGETHER. Only ratios of
one run can be compared.
"""

import argparse
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from bench.provider import provider
from bench.systems import ASKED, Pages, cost_of, install
from tests.chat.model.provider_thread import provider_thread
from tests.collector import Collector, Received, collecting, tree
from tests.contract.client import Client
from tests.contract.operator_client import OperatorClient
from tests.contract.stack import Stack, running, with_plans

QUESTIONS = {"whole": "How long can I keep a rented bike?", "streamed": "What does a rented bike cost?"}
ATTRIBUTES = (
    *("http.status_code", "rpc.response.status_code", "error.type"),
    *("gen_ai.request.model", "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"),
    "gen_ai.response.finish_reasons",
)
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


def print_cost(folder: Path, collector: Collector, options: argparse.Namespace) -> None:
    with ExitStack() as stack:
        model, pages = stack.enter_context(provider(folder)), Pages(options.passages)
        settings = {"CHATMOUNT_LLM_URL": model.url, "CHATMOUNT_LLM_MODEL": "m"}
        endpoint = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{collector.address}"}
        environments = {PLAIN: settings, TRACED: settings | endpoint}
        systems = {}
        for name, environment in environments.items():
            installation = install(folder / name.partition(" ")[0], pages, environment)
            _, systems[name] = stack.enter_context(installation.running(options.together))
        fresh = pages.fresh()
        asked = {"what was asked before": iter(lambda: ASKED, None), "something new": fresh}
        for what, questions in asked.items():
            costs: dict[str, list[float]] = {name: [] for name in systems}
            shares: dict[str, dict[str, list[float]]] = {name: {} for name in systems}
            for _ in range(options.rounds):
                for name, system in systems.items():
                    requests = (system.request(text) for text in questions)
                    _, used = cost_of(system.pids, system.url, requests, options.callers, options.seconds)
                    costs[name].append(sum(used.values()))
                    for process, milliseconds in used.items():
                        shares[name].setdefault(process, []).append(milliseconds)
            ratios = sorted(traced / plain for plain, traced in zip(costs[PLAIN], costs[TRACED], strict=True))
            for name, values in costs.items():
                by_process = ", ".join(f"{process} {median(each):.2f}" for process, each in shares[name].items())
                print(f"{what}, {name}: {median(values):.2f} ms ({min(values):.2f}–{max(values):.2f}): {by_process}")
            print(f"{what}, ratio: {median(ratios):.3f} ({ratios[0]:.3f}–{ratios[-1]:.3f})", flush=True)
    print(f"{len(collector.spans)} spans came")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--together", default="", help="services that share a process, as in CHATMOUNT_TOGETHER")
    parser.add_argument("--cost", action="store_true", help="measure what traces cost")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--callers", type=int, default=8)
    parser.add_argument("--passages", type=int, default=300)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="chatmount-traces-") as folder, collecting() as collector:
        if options.cost:
            print_cost(Path(folder), collector, options)
        else:
            print_trees(Path(folder), collector, options.together)


if __name__ == "__main__":
    main()
