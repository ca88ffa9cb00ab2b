"""The documentation matches the code: links, variables, errors, plans and examples."""

import ast
import itertools
import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from chatmount.auth.v1 import auth_pb2, people_pb2, widget_pb2
from chatmount.chat.v1 import chat_pb2, replay_pb2, visitor_pb2
from chatmount.quota.v1 import quota_pb2
from chatmount.retrieval.v1 import index_pb2, retrieval_pb2

from services.auth.records import Action
from services.config.plans import DEFAULT_PLANS, load_plans
from services.config.settings import load_settings
from services.errors import EdgeText, Reason, Text
from tests.pages import ROOT, blocks, each_page, prose, rows, text_of


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", prose(page), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@each_page
def test_a_page_has_one_title_and_no_heading_without_text(page: Path) -> None:
    lines = [line for line in page.read_text("utf-8").splitlines() if line.strip()]
    assert lines[0].startswith("# ")
    assert len(re.findall(r"^# ", prose(page), re.M)) == 1
    if page.parent.name == "docs":
        # The first sentence under a heading answers it: what the demo chatbot quotes.
        bare = [a for a, b in itertools.pairwise(lines) if a.startswith("#") and not b[0].isalnum() and b[0] != "`"]
        assert bare == []


@each_page
def test_every_relative_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), target


def test_pictures_are_quickly_there() -> None:
    sizes = {picture.name: picture.stat().st_size for picture in (ROOT / "docs/images").iterdir()}
    assert {name for name, size in sizes.items() if size > 120 * 1024} == set()
    assert sizes


class _Recording(dict[str, str]):
    def __init__(self) -> None:
        # Without a collector nothing else of OpenTelemetry is asked for.
        super().__init__(OTEL_EXPORTER_OTLP_ENDPOINT="http://collector:4317")
        self.asked: set[str] = set()

    def get(self, key: str, default: str | None = None) -> str:  # type: ignore[override]
        self.asked.add(key)
        return super().get(key) or default or ""


def variables() -> set[str]:
    environment = _Recording()
    load_settings(cast(Mapping[str, str], environment))
    return environment.asked


def test_every_variable_is_in_configuration_and_nothing_else() -> None:
    documented = [
        row[0].strip("`") for row in rows(text_of("docs/configuration.md")) if row[0].startswith("`CHATMOUNT_")
    ]
    assert len(documented) == len(set(documented))
    asked = {name for name in variables() if name.startswith("CHATMOUNT_")}
    assert set(documented) == asked
    # Those of OpenTelemetry are its own; each may have `TRACES_` in its name.
    told = text_of("docs/configuration.md") + text_of("docs/traces.md")
    assert [name for name in variables() - asked if f"`{name.replace('OTLP_TRACES_', 'OTLP_')}" not in told] == []


@each_page
def test_every_variable_that_is_mentioned_exists(page: Path) -> None:
    assert set(re.findall(r"CHATMOUNT_\w+", page.read_text("utf-8"))) - variables() == set()


def test_documented_defaults_are_the_defaults() -> None:
    settings = load_settings({})
    checked = 0
    for name, default, *_ in rows(text_of("docs/configuration.md")):
        value = getattr(settings, name.strip("`").removeprefix("CHATMOUNT_").lower(), None)
        if (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, str) and value):
            assert default.strip("`") == str(value), name
            checked += 1
    assert checked >= 9


def test_every_error_reason_is_documented_with_its_status() -> None:
    documented = {row[0].strip("`"): row[1] for row in rows(text_of("docs/grpc.md")) if "ERROR_REASON_" in row[0]}
    assert documented == {reason.wire_name: reason.status.name for reason in Reason}


def test_every_status_of_an_error_is_explained() -> None:
    explained = re.findall(r"\b[45]\d\d\b", "".join(re.findall(r"^## .*", text_of("docs/errors.md"), re.M)))
    said = {reason.http_status for reason in Reason} | {text.http_status for text in EdgeText}
    assert sorted(map(int, explained)) == sorted(said)


def test_an_error_that_is_quoted_is_one_of_the_catalogue() -> None:
    known = [re.sub(r"\\{\w+(:.*?)?\\}", ".+", re.escape(text.template)) for text in Text]
    pages = ("docs/errors.md", "docs/limits-and-credits.md", "docs/streaming.md")
    quoted = [text for page in pages for text in re.findall(r'^.*"error": ?"([^"…]+)"}', text_of(page), re.M)]
    assert len(quoted) >= 3
    assert [text for text in quoted if not any(re.fullmatch(each, text) for each in known)] == []


def test_every_action_of_the_audit_log_is_documented_and_no_other() -> None:
    documented = [word.strip("`") for row in rows(text_of("docs/keys.md")) for word in row[0].split(", ")]
    assert sorted(word for word in documented if "." in word) == sorted(Action)


def test_every_grpc_service_is_documented_with_its_methods() -> None:
    documented = {
        row[0].strip("`"): row[2].split(", ")
        for row in rows(text_of("docs/grpc.md"))
        if row[0].startswith("`chatmount.")
    }
    files = [
        module.DESCRIPTOR
        for module in (
            auth_pb2,
            people_pb2,
            widget_pb2,
            chat_pb2,
            replay_pb2,
            visitor_pb2,
            index_pb2,
            quota_pb2,
            retrieval_pb2,
        )
    ]
    services = [service for file in files for service in file.services_by_name.values()]
    assert documented == {service.full_name: [method.name for method in service.methods] for service in services}


def test_the_plans_table_is_the_table_of_plans() -> None:
    for name in ("docs/limits-and-credits.md", "README.md"):
        table = {row[0].strip("`"): row[1:] for row in rows(text_of(name)) if row[0].strip("`") in DEFAULT_PLANS}
        expected = {
            plan.name: [
                f"{plan.requests_per_minute:,}" if plan.has_api_access else "no API access",
                "unlimited" if plan.credits_per_month is None else f"{plan.credits_per_month:,}",
                f"{plan.requests_per_day:,}",
                str(plan.keys_per_chatbot),
            ]
            for plan in DEFAULT_PLANS.values()
        }
        assert table == expected, name


def test_the_plans_file_of_the_documentation_can_be_loaded(tmp_path: Path) -> None:
    for number, block in enumerate(blocks(ROOT / "docs/configuration.md", "toml")):
        file = tmp_path / f"{number}.toml"
        file.write_text(block, "utf-8")
        assert set(load_plans(file)) == set(tomllib.loads(block))


@each_page
def test_examples_can_be_parsed(page: Path) -> None:
    for block in blocks(page, "json"):
        json.loads(block)
    for block in blocks(page, "python"):
        ast.parse(block)
    text = page.read_text("utf-8")
    for event in re.findall(r"^data: ?(.*)$", text, re.M):
        assert json.loads(event)["type"] in ("token", "sources", "done", "error", "ping")
    for body in re.findall(r"-d '([^']*)'", text):
        assert isinstance(json.loads(body), dict)


def test_the_readme_names_both_commands_and_every_page() -> None:
    readme = text_of("README.md")
    assert "make run" in readme
    assert "make test" in readme
    assert {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")} <= set(
        re.findall(r"\]\((docs/[^)#]+)", readme)
    )


def test_the_answer_in_the_readme_stands_in_the_page_that_it_cites() -> None:
    reply = json.loads(blocks(ROOT / "README.md", "json")[0])
    page = text_of(reply["sources"][0]["url"].removeprefix("file:"))
    assert page.startswith(f"# {reply['sources'][0]['title']}\n")
    for part in reply["message"].split("\n\n"):
        assert part.strip() in page.replace("`", "")
