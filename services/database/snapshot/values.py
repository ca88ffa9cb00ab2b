"""Rows as JSON: what both kinds of database keep alike, and nothing else."""

import base64
import json
from collections.abc import Mapping
from typing import Any

BYTES = "base64"


def to_line(row: Mapping[str, Any]) -> bytes:
    """The row as one line of JSON. TypeError for a value that can't be kept."""
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"), default=_encode).encode() + b"\n"


def from_line(line: bytes) -> dict[str, Any]:
    """The row of a line. ValueError when it is none."""
    row = json.loads(line)
    if not isinstance(row, dict):
        raise ValueError("a row must be a JSON object")
    return {name: _decode(value) for name, value in row.items()}


def _encode(value: object) -> object:
    if isinstance(value, bytes | memoryview):
        return {BYTES: base64.b64encode(bytes(value)).decode()}
    raise TypeError(f"{type(value).__name__} is no value that a snapshot can keep")


def _decode(value: object) -> object:
    if isinstance(value, dict):
        return base64.b64decode(value[BYTES], validate=True)
    return value
