"""Two runs of `bench.retrieval --json`: the difference of every figure, and how sure it is.

    .venv/bin/python -m bench.retrieval.compare BEFORE.json AFTER.json

The interval holds 95 % of the differences that resampling the questions gives (paired bootstrap): one that does not
hold zero is a difference, one that does may be chance.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

RESAMPLINGS = 5000


def interval(before: dict[str, float], after: dict[str, float]) -> tuple[float, float, float]:
    """Mean difference over the questions of both runs, and the ends of its 95 % interval."""
    shared = sorted(before.keys() & after.keys())
    differences = np.array([after[one] - before[one] for one in shared])
    chosen = np.random.default_rng(1).integers(0, len(differences), (RESAMPLINGS, len(differences)))
    low, high = np.percentile(differences[chosen].mean(axis=1), [2.5, 97.5])
    return float(differences.mean()), float(low), float(high)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    options = parser.parse_args()
    runs = [
        {one["name"]: one for one in json.loads(file.read_text("utf-8"))} for file in (options.before, options.after)
    ]
    before, after = runs
    table = Table()
    for column in ("set", "figure", "before", "after", "difference", "95 % interval", ""):
        table.add_column(column, justify="left" if column in {"set", "figure", ""} else "right")
    for name in before.keys() & after.keys():
        for figure, values in before[name]["scores"].items():
            others = after[name]["scores"].get(figure)
            if not others:
                continue
            mean, low, high = interval(values, others)
            table.add_row(
                name,
                figure,
                f"{np.mean(list(values.values())):.3f}",
                f"{np.mean(list(others.values())):.3f}",
                f"{mean:+.3f}",
                f"{low:+.3f} … {high:+.3f}",
                "" if low <= 0 <= high else "better" if mean > 0 else "worse",
            )
    Console(width=130).print(table)


if __name__ == "__main__":
    main()
