"""Docstrings and other prose that is read at a glance."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
SERVICES = ROOT / "services"
PROSE = ("bench", "deploy", "docs", "envoy", "proto", "services", "tests")
READ_TWICE = re.compile(r"\b(?:anew|nobody shall|for ever|(?:that|what|which|who) (?:is|are) none|what is no)\b")
MAXIMUM_FIRST_LINE = 90
Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def test_the_first_line_of_a_docstring_is_short() -> None:
    found = []
    for path in sorted(SERVICES.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, Documented) and (text := ast.get_docstring(node)):
                first = text.splitlines()[0]
                found += [f"{path.name}: {first}"] if len(first) > MAXIMUM_FIRST_LINE else []
    assert found == []


def test_no_text_has_words_that_are_read_twice() -> None:
    found = []
    for folder in PROSE:
        for path in sorted((ROOT / folder).rglob("*.*")):
            if path == Path(__file__) or "__pycache__" in path.parts:
                continue
            for line in path.read_text("utf-8", errors="ignore").splitlines():
                found += [f"{path.name}: {match[0]}" for match in READ_TWICE.finditer(line)]
    assert found == []
