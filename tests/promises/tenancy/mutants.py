"""Every condition in the services' code that keeps tenants apart, taken out one at a time.

Found by what they compare, not by a list of places: a filter that is written tomorrow is found as well.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
SERVICES = ("auth", "quota", "retrieval", "chat")

# Columns that say whose a row is, or which row it is.
COLUMNS = frozenset(
    {"account_id", "chatbot_id", "user_id", "session_key", "api_key_id", "key_id", "id", "key", "digest", "version"}
)
OWNERS = frozenset({"account_id", "chatbot_id"})
NOT_SEARCHED = ("migrations", "tables.py")


@dataclass(frozen=True)
class Mutant:
    """A condition in a file, and what to put there so that it keeps nothing out."""

    path: str
    line: int
    start: int
    end: int
    before: str
    after: str

    @property
    def service(self) -> str:
        """The service whose code it is."""
        return self.path.split("/")[1]

    def __str__(self) -> str:
        return f"{self.path}:{self.line}  {' '.join(self.before.split()) or 'the scope of the function'}"

    def applied_to(self, source: str) -> str:
        """The file without the condition. Offsets are of bytes, as the parser counts them."""
        text = source.encode()
        return (text[: self.start] + self.after.encode() + text[self.end :]).decode()


def find_mutants(root: Path = ROOT) -> list[Mutant]:
    """All of them, in the order of files and lines."""
    found = []
    for service in SERVICES:
        for file in sorted((root / "services" / service).rglob("*.py")):
            if not any(part in NOT_SEARCHED for part in file.parts):
                found += list(_of_file(file, file.relative_to(root).as_posix()))
    return found


def _of_file(file: Path, path: str) -> Iterator[Mutant]:
    source = file.read_text("utf-8")
    tree = ast.parse(source)
    lines = [0]
    for line in source.encode().splitlines(keepends=True):
        lines.append(lines[-1] + len(line))
    holds_sql = "from sqlalchemy import" in source or "from sqlmodel import" in source
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _takes_scope(node):
            first = node.body[1] if ast.get_docstring(node) else node.body[0]
            start = lines[first.lineno - 1] + first.col_offset
            # All that it asks of the scope at once: some things are looked at twice.
            yield Mutant(path, node.lineno, start, start, "", f"scope = type(scope)()\n{' ' * first.col_offset}")
        if not isinstance(node, ast.expr):
            continue
        start = lines[node.lineno - 1] + node.col_offset
        end = lines[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
        before = source.encode()[start:end].decode()
        after = _without(node, before, holds_sql)
        if after is not None:
            yield Mutant(path, node.lineno, start, end, before, after)


def _takes_scope(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(argument.arg == "scope" for argument in node.args.args)


def _without(node: ast.expr, text: str, holds_sql: bool) -> str | None:
    """What takes the place of a condition; None for anything else."""
    if holds_sql:
        column = _compared_column(node)
        # The condition itself stays, so that the statement keeps its parameters.
        return None if column is None else f"(({text}) | ({column}.is_not(None)))"
    if isinstance(node, ast.Compare) and any(_is_owner(side) for side in (node.left, *node.comparators)):
        return "False" if isinstance(node.ops[0], ast.NotEq | ast.NotIn) else "True"
    if isinstance(node, ast.Call) and _name(node.func) == "within":
        return _within_a_state(node)
    return None


def _compared_column(node: ast.expr) -> str | None:
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq):
        return _column(node.left)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "in_":
        return _column(node.func.value)
    return None


def _column(node: ast.expr) -> str | None:
    # SQLModel's `col(…)` changes nothing but the type.
    if isinstance(node, ast.Call) and _name(node.func) == "col":
        node = node.args[0]
    return ast.unparse(node) if isinstance(node, ast.Attribute) and node.attr in COLUMNS else None


def _is_owner(node: ast.expr) -> bool:
    if isinstance(node, ast.Tuple):
        return any(_is_owner(part) for part in node.elts)
    return isinstance(node, ast.Attribute | ast.Name) and _name(node) in OWNERS


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _within_a_state(node: ast.Call) -> str:
    """In place of `within(chatbot, state)`: the state of all chatbots, in both clients' types."""
    state = ast.unparse(node.args[1])
    embedded = f"edge.Filter(must=[edge.FieldCondition(STATE, match=edge.MatchValue({state}))])"
    server = f"[models.FieldCondition(key=STATE, match=models.MatchValue(value={state}))]"
    return f"({embedded} if 'edge' in globals() else {server})"
