"""The page about metrics names what the services show, and nothing else."""

import importlib
import re
from collections.abc import Iterator

from prometheus_client.metrics import MetricWrapperBase

from services.observe.metrics import REGISTRY
from tests.each import for_each
from tests.pages import ROOT, rows, text_of

PAGE = text_of("docs/metrics.md")


def shown() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for file in sorted((ROOT / "services").glob("**/metrics.py")):
        importlib.import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))
    for collector in list(REGISTRY._collector_to_names):
        if isinstance(collector, MetricWrapperBase):
            kind = str(collector._type)
            yield collector._name + "_total" * (kind == "counter"), kind, tuple(collector._labelnames)


def documented() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for name, kind, labels, *_ in rows(PAGE):
        if name.startswith("`chatmount_"):
            yield name.strip("`"), kind, tuple(re.findall(r"`(\w+)`", labels))


def test_every_metric_is_documented_with_its_kind_and_labels_and_nothing_else() -> None:
    assert sorted(documented()) == sorted(shown())


@for_each("name", sorted(set(re.findall(r"chatmount_\w+", PAGE))))
def test_every_metric_that_a_rule_names_exists(name: str) -> None:
    samples = {metric for metric, _, _ in documented()}
    buckets = {f"{metric}_bucket" for metric, kind, _ in documented() if kind == "histogram"}
    assert name in samples | buckets
