"""The catalogue of public texts is the only place of public texts, and its values fit."""

import ast
import re
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from chatmount.chat.v1 import chat_pb2

from services.edge import scripts
from services.edge.config import TEMPLATE
from services.errors import EdgeText, ReflectionText, Text
from tests.each import for_each

ROOT = Path(__file__).parents[1]
EDGE = ROOT / "services" / "edge"
CATALOGUE = {text.name: text for text in Text}
# What callers of the public port, or of another service, are answered by.
ANSWERING = ("auth", "chat", "database", "quota", "retrieval", "rpc", "trust", "windows")
SENTENCE = re.compile(r"^[A-Z]\S* \S+ .*[.…]$|[Pp]lease try again", re.DOTALL)
# A field or a file is spoken of where it is checked; the others speak to operators, in a log or at a start.
SPEAKERS = {
    *("invalid", "unreadable", "debug", "info", "warning", "error", "print"),
    *("SettingsError", "DatabaseTooNew", "IndexInUse", "EmbedderRefused"),
    *("_try_out", "text"),
}
# Words for a model or an embedder, for operators, of what is wrong with a file, and the answer when nothing is found.
WORDY = re.compile(
    r"/(prompt|model_follow_ups|scale|endpoint|own_words|metrics)\.py$|/ingest/(extraction|reader)/|/embedders/multilingual/"
)


def words(node: ast.AST) -> str | None:
    """A string as it is written, with `_` for what an f-string puts in."""
    if isinstance(node, ast.JoinedStr):
        return "".join(words(part) or "_" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def called(node: ast.Call) -> str:
    """The name of what is called, without its module or object."""
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def sentences(node: ast.AST) -> Iterator[str]:
    """Sentences in the code below `node` but for docstrings and what is given to SPEAKERS."""
    text = words(node)
    if text is not None and SENTENCE.search(text):
        yield text
    if text is not None or (isinstance(node, ast.Expr) and words(node.value)):
        return
    if not (isinstance(node, ast.Call) and called(node) in SPEAKERS):
        for child in ast.iter_child_nodes(node):
            yield from sentences(child)


@cache
def modules() -> dict[str, ast.Module]:
    files = sorted((ROOT / "services").rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text("utf-8")) for path in files}


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def texts_in(node: ast.AST) -> set[str]:
    """Which of the catalogue an expression may be."""
    return {
        each.attr
        for each in ast.walk(node)
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name) and each.value.id == "Text"
    }


def test_a_text_stands_once() -> None:
    every = [text.template for texts in (Text, ReflectionText, EdgeText) for text in texts]
    assert len(every) == len(set(every))


def test_no_service_words_a_refusal_itself() -> None:
    found = [
        f"{path}: {text}"
        for path, tree in modules().items()
        if path.split("/")[1] in ANSWERING and not WORDY.search(path)
        for text in sentences(tree)
    ]
    assert found == []


def test_no_service_makes_a_refusal_past_the_catalogue() -> None:
    made = [
        path
        for path, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and called(node) == "ChatmountError"
    ]
    assert set(made) == {"services/errors/refusals.py"}


def test_a_raise_site_gives_the_values_that_its_text_has_room_for() -> None:
    wrong, used = [], set()
    for path, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and called(node) == "refusal" and node.args:
                given = {keyword.arg for keyword in node.keywords} - {"retry_after"}
                names = texts_in(node.args[0])
                wanted = set().union(*(placeholders(CATALOGUE[name].template) for name in names))
                wrong += [f"{path}:{node.lineno}"] if names and given != wanted else []
            used |= texts_in(node) if path != "services/errors/texts.py" else set()
    assert wrong == []
    assert set(CATALOGUE) - used == set(), "texts that nobody says"


def test_envoys_configuration_words_nothing_itself() -> None:
    bodies = re.findall(r"inline_string: *([^}\n]+)", TEMPLATE.read_text("utf-8"))
    worded = [body.strip() for body in bodies if not body.startswith(("$", '"%LOCAL_REPLY_BODY%"'))]
    assert (worded, len(bodies) > 10) == ([], True)


def test_the_scripts_of_the_edge_word_nothing_themselves() -> None:
    for script in scripts.FOLDER.iterdir():
        code = re.sub(r"--[^\n]*", "", script.read_text("utf-8"))
        assert re.findall(r"\"[^\"\n]*\w \w+ \w[^\"\n]*\"|'[^'\n]*\w \w+ \w[^'\n]*'", code) == [], script


def mappers() -> Iterator[dict[str, Any]]:
    listeners = yaml.safe_load(TEMPLATE.read_text("utf-8"))["static_resources"]["listeners"]
    manager = listeners[0]["filter_chains"][0]["filters"][0]["typed_config"]
    for mapper in manager["local_reply_config"]["mappers"]:
        yield from mapper.get("$dashboard", [mapper])


def test_envoy_answers_with_the_status_of_its_text() -> None:
    said = set()
    for mapper in mappers():
        kind, _, name = mapper.get("body", {}).get("inline_string", "").removeprefix("$").partition(".")
        if kind:
            status = EdgeText[name].http_status if kind == "EdgeText" else Text[name].reason.http_status
            met = re.findall(r"'default_value': (\d+)", str(mapper["filter"]))
            assert (mapper["status_code"] if "status_code" in mapper else int(met[-1])) == status, name
            said.add(name)
    assert len(said) >= 8


@for_each("text", EdgeText)
def test_every_text_of_the_edge_is_said_by_it(text: EdgeText) -> None:
    said = TEMPLATE.read_text("utf-8") + "".join(path.read_text("utf-8") for path in EDGE.glob("*.py"))
    assert f"EdgeText.{text.name}" in said


def test_both_methods_of_chat_take_the_same_fields() -> None:
    one, other = (
        [(field.number, field.name, field.json_name, field.type, field.has_presence) for field in message.fields]
        for message in (chat_pb2.ChatRequest.DESCRIPTOR, chat_pb2.StreamChatRequest.DESCRIPTOR)
    )
    assert one == other


def test_the_edge_knows_the_fields_of_a_chat_request_with_their_types() -> None:
    assert {field["name"]: field["type"] for field in scripts.chat_fields()} == {
        "message": "string",
        "stream": "boolean",
        "session_id": "string",
        "include_sources": "boolean",
    }
