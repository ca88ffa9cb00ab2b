"""Turns of conversations as lines of a file: JSON, or the rows of a table for spreadsheets."""

import csv
import io
import json
from collections.abc import Iterable

from chatmount.chat.v1 import chat_pb2

from services.ratings import name_of
from services.spreadsheet_cells import as_text
from services.written_times import precise_moment

UTF8_MARK = "\ufeff"
"""The beginning of a file by which spreadsheets know UTF-8."""

# Some readers take these for ends of lines.
_LINE_ENDS = {0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def json_line(exported: chat_pb2.ExportedTurn) -> str:
    """A turn as a JSON object, on a line of its own."""
    return json.dumps(_fields(exported), ensure_ascii=False).translate(_LINE_ENDS) + "\n"


def table_head() -> str:
    """The names of the columns."""
    return _row(_fields(chat_pb2.ExportedTurn()))


def table_row(exported: chat_pb2.ExportedTurn) -> str:
    """A turn as a row. What a spreadsheet would run is text in it."""
    return _row(map(_cell, _fields(exported).values()))


def _fields(exported: chat_pb2.ExportedTurn) -> dict[str, object]:
    turn = exported.turn
    return {
        "session_id": exported.session_id,
        "number": exported.number,
        "question": turn.question,
        "answer": turn.answer,
        "source_urls": list(turn.source_urls),
        "created_at": precise_moment(turn.created_at_ms),
        "request_id": turn.request_id,
        "broken_off": turn.broken_off,
        "rating": name_of(turn.rating) or None,
        "rating_comment": turn.rating_comment,
    }


def _cell(value: object) -> str:
    match value:
        case list():
            return "\n".join(value)
        case bool():
            return json.dumps(value)
        case None:
            return ""
        case _:
            return str(value)


def _row(cells: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(map(as_text, cells))
    return text.getvalue()
