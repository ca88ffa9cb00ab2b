"""Docstrings that are read at a glance."""

import ast
from pathlib import Path

SERVICES = Path(__file__).parents[1] / "services"
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
