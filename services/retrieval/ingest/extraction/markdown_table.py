"""Markdown tables at the cost of their text: a row has the cells that are written."""

from markdown_it import MarkdownIt
from markdown_it.common.utils import mdTrim
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.table import escapedSplit, getLine
from markdown_it.rules_block.table import table as read_table


def enable_tables(parser: MarkdownIt) -> None:
    """Make a parser read tables as GitHub does, but add no empty cells to short rows."""
    parser.enable("table")
    parser.block.ruler.at("table", _table, {"alt": ["paragraph", "reference"]})


def _table(state: StateBlock, startLine: int, endLine: int, silent: bool) -> bool:
    # The library's own rule reads the two lines of the head. It would fill up every row below to the head's width.
    body = startLine + 2
    if body > endLine or not read_table(state, startLine, body, silent):
        return False
    if silent:
        return True
    closing = state.tokens.pop()
    columns = len(_cells(state, startLine))
    parent, state.parentType = state.parentType, "table"
    state.push("tbody_open", "tbody", 1)
    line = body
    while line < endLine and _goes_on(state, line, endLine):
        _push_row(state, line, columns)
        line += 1
    state.push("tbody_close", "tbody", -1)
    state.tokens.append(closing)
    state.parentType = parent
    state.line = line
    return True


def _goes_on(state: StateBlock, line: int, end: int) -> bool:
    if state.sCount[line] < state.blkIndent or state.isEmpty(line) or state.is_code_block(line):
        return False
    return not any(ends(state, line, end, True) for ends in state.md.block.ruler.getRules("blockquote"))


def _push_row(state: StateBlock, line: int, columns: int) -> None:
    state.push("tr_open", "tr", 1)
    for text in _cells(state, line)[:columns]:
        state.push("td_open", "td", 1)
        cell = state.push("inline", "", 0)
        cell.map = [line, line + 1]
        cell.content = mdTrim(text)
        cell.children = []
        state.push("td_close", "td", -1)
    state.push("tr_close", "tr", -1)


def _cells(state: StateBlock, line: int) -> list[str]:
    cells = escapedSplit(mdTrim(getLine(state, line)))
    if cells and cells[0] == "":
        cells.pop(0)
    if cells and cells[-1] == "":
        cells.pop()
    return cells
