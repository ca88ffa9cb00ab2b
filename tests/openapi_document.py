"""docs/openapi.yaml, and whether a reply is one of those that it promises."""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from tests.pages import ROOT, yaml_of

FILE = ROOT / "docs" / "openapi.yaml"
ELSEWHERE = {404, 405}
"""Of requests that the document does not have."""


class Undocumented(Exception):
    """A reply that the document does not promise. No AssertionError, which a test may expect of a broken stream."""


@cache
def document() -> dict[str, Any]:
    """The document."""
    loaded: dict[str, Any] = yaml_of("docs/openapi.yaml")
    return loaded


@cache
def _validator(schema: str) -> Draft202012Validator:
    return Draft202012Validator({**json.loads(schema), "components": document()["components"]})


def check_reply(method: str, path: str, status: int, headers: Mapping[str, str], text: str) -> None:
    """Raise Undocumented unless the reply is one of the operation at this path, or of no operation at all."""
    asked = f"{method} {path} → {status}"
    operation = _operation(method, path.partition("?")[0])
    if operation is None:
        if status not in ELSEWHERE:
            raise Undocumented(f"{asked}: there is no such operation")
        _check(asked, {"$ref": "#/components/schemas/Error"}, json.loads(text))
        return
    promised = operation["responses"].get(str(status))
    if promised is None:
        raise Undocumented(f"{asked}: {text[:200]}")
    for name in promised["headers"]:
        schema = document()["components"]["headers"][name]["schema"]
        value = headers.get(name)
        if value is None:
            raise Undocumented(f"{asked}: {name} is missing")
        _check(f"{asked}, {name}", schema, int(value) if schema.get("type") == "integer" else value)
    if "content" not in promised:
        _check(asked, {"const": ""}, text)
        return
    kind = headers.get("content-type", "").partition(";")[0]
    if kind not in promised["content"]:
        raise Undocumented(f"{asked}: {kind!r} is not its content type")
    schema = promised["content"][kind]["schema"]
    if kind == "text/event-stream":
        # The last one may have been cut off.
        for frame in text.split("\n\n")[:-1]:
            _check(asked, schema["properties"]["data"]["contentSchema"], json.loads(frame.removeprefix("data: ")))
    else:
        _check(asked, schema, json.loads(text) if kind == "application/json" else text)


def _operation(method: str, path: str) -> Any:
    for template, operations in document()["paths"].items():
        if re.fullmatch(re.sub(r"\\{\w+\\}", r"[0-9A-Za-z_-]+", re.escape(template)), path):
            return operations.get(method.lower())
    return None


def _check(asked: str, schema: Any, value: Any) -> None:
    for error in _validator(json.dumps(schema)).iter_errors(value):
        raise Undocumented(f"{asked}: {error.message}")
