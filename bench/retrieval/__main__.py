"""How good retrieval is on your own pages, questions and known answers (see dataset.py).

    .venv/bin/python -m bench.retrieval FOLDER… [--questions N] [--language CODE] [--json FILE]
    .venv/bin/python -m bench.retrieval.compare BEFORE.json AFTER.json

Pages go in by `chatmount source add`, questions through Retrieval's Search and the public endpoint, into throw-away
chatbots of a stack of its own. Quality does not depend on the machine; times and rates do.
"""

import argparse
import json
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.retrieval.dataset import read_dataset
from bench.retrieval.evaluate import Result, ask_off_topic, evaluate
from bench.retrieval.product import Product


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--questions", type=int, help="at most so many of each kind and chatbot")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write all figures, question by question, for compare"
    )
    parser.add_argument("--language", default="en", metavar="CODE", help="of the pages and questions (default: en)")
    options = parser.parse_args()
    datasets = [read_dataset(folder, options.questions) for folder in options.folders]
    with tempfile.TemporaryDirectory() as folder, Product(Path(folder), options.language) as product:
        results = [evaluate(product, dataset) for dataset in datasets]
        ask_off_topic(product, results)
    if options.json:
        options.json.write_text(json.dumps([result.as_json() for result in results]), "utf-8")
    show(results)


def show(results: list[Result]) -> None:
    console = Console(width=120)
    for result in results:
        table = Table(title=result.name, title_justify="left")
        table.add_column("figure")
        table.add_column("value", justify="right")
        table.add_column("questions", justify="right")
        for name, values in result.scores.items():
            table.add_row(name, f"{sum(values.values()) / len(values):.3f}", str(len(values)))
        for name, value in result.facts.items():
            table.add_row(name, f"{value:,.2f}", "")
        console.print(table)


if __name__ == "__main__":
    main()
