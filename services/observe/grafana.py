"""The dashboard for Grafana: this module as a program prints docs/grafana.json."""

import json
from typing import Any, NamedTuple

CHAT = 'method=~"chatmount[.]chat[.]v1[.]ChatService/.*"'
INSTANCE = 'job="chatmount",instance=~"$instance"'
REMEMBERED, FOUND = "chatmount_search_remembered_total", 'found="yes"'
WIDTH, HEIGHT, COLUMNS = 8, 7, 3


class Panel(NamedTuple):
    """A graph: its queries by legend. `unit` is one of Grafana's."""

    title: str
    unit: str
    queries: dict[str, str]


def rate(metric: str, labels: str = "", by: str = "") -> str:
    """The sum of a counter's rates, for each value of the label `by`."""
    inside = ",".join(filter(None, (labels, INSTANCE)))
    return f"sum{f' by ({by})' if by else ''}(rate({metric}{{{inside}}}[$__rate_interval]))"


def quantile(share: float, histogram: str, labels: str = "", by: str = "le") -> str:
    """The value that this share of all observations does not exceed."""
    return f"histogram_quantile({share}, {rate(f'{histogram}_bucket', labels, by)})"


def quantiles(histogram: str, labels: str = "") -> dict[str, str]:
    """Median and 99th percentile."""
    return {f"p{round(share * 100)}": quantile(share, histogram, labels) for share in (0.5, 0.99)}


def now(metric: str, by: str = "", fold: str = "sum") -> str:
    """A gauge, over all replicas."""
    return f"{fold}{f' by ({by})' if by else ''}({metric}{{{INSTANCE}}})"


ROWS: dict[str, tuple[Panel, ...]] = {
    "Answers": (
        Panel("Answers a second, by status", "reqps", {"{{code}}": rate("chatmount_calls_total", CHAT, "code")}),
        Panel("How long answers take", "s", quantiles("chatmount_call_duration_seconds", CHAT)),
        Panel("Answers being written", "short", {"now": f"sum(chatmount_calls_in_progress{{{CHAT},{INSTANCE}}})"}),
        Panel("Tokens a second, streamed", "short", {"tokens": rate("chatmount_tokens_streamed_total")}),
        Panel("Refusals a second, by reason", "reqps", {"{{reason}}": rate("chatmount_refusals_total", "", "reason")}),
        Panel(
            "Failed calls a second, by method",
            "reqps",
            {"{{method}}": rate("chatmount_calls_total", 'code=~"INTERNAL|UNAVAILABLE|DEADLINE_EXCEEDED"', "method")},
        ),
    ),
    "Methods": (
        Panel("Calls a second", "reqps", {"{{method}}": rate("chatmount_calls_total", "", "method")}),
        Panel(
            "99 of 100 calls take at most",
            "s",
            {"{{method}}": quantile(0.99, "chatmount_call_duration_seconds", by="le, method")},
        ),
        Panel("Pages a second, by status", "reqps", {"{{status}}": rate("chatmount_web_requests_total", "", "status")}),
    ),
    "Credits": (
        Panel(
            "Credits a second",
            "short",
            {
                each: rate(f"chatmount_credits_{each}_total")
                for each in ("reserved", "settled", "released", "expired", "granted")
            },
        ),
        Panel("Credits held by requests at work", "short", {"held": now("chatmount_reservations_held")}),
        Panel("The ledger's transactions take", "s", quantiles("chatmount_ledger_commit_seconds")),
    ),
    "Saturation": (
        Panel(
            "Connections to Postgres",
            "short",
            {
                "{{service}} busy": now("chatmount_database_connections_busy", "service"),
                "{{service}} at most": now("chatmount_database_connections", "service"),
            },
        ),
        Panel(
            "What waits",
            "short",
            {
                "for the ledger": now("chatmount_ledger_waiting"),
                "for a model": now("chatmount_model_calls_waiting"),
                "to be indexed": now("chatmount_sources_waiting", fold="max"),
                "in the background": now("chatmount_background_jobs"),
            },
        ),
        Panel(
            "Calls of models",
            "short",
            {
                "in flight": now("chatmount_model_calls_in_flight"),
                "at most": now("chatmount_model_places"),
                "refused a second": rate("chatmount_model_calls_shed_total"),
            },
        ),
        Panel("CPU, in cores", "short", {"{{instance}}": rate("process_cpu_seconds_total", "", "instance")}),
        Panel("Memory", "bytes", {"{{instance}}": now("process_resident_memory_bytes", "instance")}),
        Panel("Open files", "short", {"{{instance}}": now("process_open_fds", "instance")}),
    ),
    "Search and models": (
        Panel("Searches take", "s", quantiles("chatmount_search_duration_seconds")),
        Panel(
            "Found in memory, by what was looked for",
            "percentunit",
            {"{{what}}": f"{rate(REMEMBERED, FOUND, 'what')} / {rate(REMEMBERED, '', 'what')}"},
        ),
        Panel("First token of a model after", "s", quantiles("chatmount_model_first_token_seconds")),
        Panel("Tries of models a second", "reqps", {"{{outcome}}": rate("chatmount_model_tries_total", "", "outcome")}),
        Panel(
            "Away, or not whole",
            "short",
            {
                "Redis": now("chatmount_redis_away", fold="max"),
                "embedder": now("chatmount_embedder_away", fold="max"),
                "missing in the index": now("chatmount_index_missing", fold="max"),
            },
        ),
        Panel("The oldest document waits for", "s", {"oldest": now("chatmount_sources_waiting_seconds", fold="max")}),
    ),
}


def dashboard() -> dict[str, Any]:
    """The dashboard, as Grafana imports it."""
    panels: list[dict[str, Any]] = []
    height = 0
    for title, row in ROWS.items():
        panels.append({"type": "row", "title": title, "gridPos": {"x": 0, "y": height, "w": 24, "h": 1}, "panels": []})
        height += 1
        for number, panel in enumerate(row):
            place = {"x": number % COLUMNS * WIDTH, "y": height + number // COLUMNS * HEIGHT, "w": WIDTH, "h": HEIGHT}
            panels.append(_graph(panel, place))
        height += -(-len(row) // COLUMNS) * HEIGHT
    return {
        "uid": "chatmount",
        "title": "Chatmount",
        "schemaVersion": 39,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [_variable("datasource"), _variable("instance")]},
        "panels": [{"id": number, **panel} for number, panel in enumerate(panels, 1)],
    }


def _graph(panel: Panel, place: dict[str, int]) -> dict[str, Any]:
    return {
        "type": "timeseries",
        "title": panel.title,
        "gridPos": place,
        "datasource": _DATASOURCE,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + number), "datasource": _DATASOURCE, "expr": query, "legendFormat": legend}
            for number, (legend, query) in enumerate(panel.queries.items())
        ],
    }


_DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}


def _variable(name: str) -> dict[str, Any]:
    if name == "datasource":
        return {"name": name, "type": "datasource", "query": "prometheus"}
    return {
        "name": name,
        "type": "query",
        "datasource": _DATASOURCE,
        "query": 'label_values(process_cpu_seconds_total{job="chatmount"}, instance)',
        "includeAll": True,
        "multi": True,
        "current": {"text": "All", "value": "$__all"},
        "refresh": 2,
    }


if __name__ == "__main__":
    print(json.dumps(dashboard(), indent=1, ensure_ascii=False))
