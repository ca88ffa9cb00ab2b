"""The queries of docs/alerts.yaml and docs/grafana.json, and what they ask for."""

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.pages import text_of, yaml_of

FROM_PROMETHEUS = {"job", "instance"}
"""Labels that the scraping adds."""
SERIES = re.compile(r"\b((?:chatmount|process|envoy)_\w+)(?:\{(.*?)\})?")
SUFFIXES = re.compile(r"_(bucket|count|sum)$")


def rules() -> list[dict[str, Any]]:
    """Every alert."""
    groups = yaml_of("docs/alerts.yaml")["groups"]
    return [rule for group in groups for rule in group["rules"]]


def queries() -> Iterator[str]:
    """Every query of an alert or of a panel."""
    yield from (rule["expr"] for rule in rules())
    for panel in json.loads(text_of("docs/grafana.json"))["panels"]:
        yield from (target["expr"] for target in panel.get("targets", ()))


def asked_of(query: str) -> Iterator[tuple[str, set[str]]]:
    """Each metric that a query names, with the labels that it needs besides those of Prometheus."""
    grouped = {name.strip() for names in re.findall(r"\bby \((.*?)\)", query) for name in names.split(",")}
    for name, matchers in SERIES.findall(query):
        yield name, (set(re.findall(r'(\w+)(?:=|!)~?=?"', matchers)) | grouped) - FROM_PROMETHEUS
