"""The page about metrics names what the services show, and nothing else."""

import importlib
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client.metrics import MetricWrapperBase

from services.observe.grafana import dashboard
from services.observe.metrics import REGISTRY
from tests.docs.test_docs import anchors
from tests.each import for_each
from tests.monitoring import SUFFIXES, asked_of, queries, rules
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


def test_the_dashboard_is_fresh() -> None:
    assert json.loads(text_of("docs/grafana.json")) == dashboard(), "run: make proto"


@for_each("query", [*queries()])
def test_a_query_asks_for_metrics_and_labels_that_there_are(query: str) -> None:
    labels = {name: {*labels, *({"le"} if kind == "histogram" else ())} for name, kind, labels in documented()}
    for name, needed in asked_of(query):
        if name.startswith("chatmount_"):
            metric = name if name in labels else SUFFIXES.sub("", name)
            assert needed <= labels[metric], name


@for_each("rule", rules())
def test_an_alert_says_what_is_wrong_and_where_to_read_on(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"]["summary"].endswith(".")
    page, _, heading = rule["annotations"]["runbook"].partition("#")
    assert heading in anchors(ROOT / "docs" / page)


def test_promtool_takes_the_rules_and_they_fire_when_they_should() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not on the path; Debian's package prometheus has it")
    for command in (("check", "docs/alerts.yaml"), ("test", "tests/docs/alerts_test.yaml")):
        done = subprocess.run([promtool, command[0], "rules", command[1]], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
