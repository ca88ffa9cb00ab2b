"""Makes docs/openapi.yaml: the public paths, from the protos, the catalogue of public texts, and openapi.yaml beside.

python proto/openapi.py [--into FILE]     FILE defaults to docs/openapi.yaml
"""

import argparse
import tomllib
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Any

import yaml
from comments import Protos
from schemas import Json, Schemas, ref, short

from services import contract
from services.edge.filling import filled
from services.errors import EdgeText, Reason, Text

ROOT = Path(__file__).resolve().parents[1]
TABLE = Path(__file__).with_name("openapi.yaml")
DOCUMENT = ROOT / "docs" / "openapi.yaml"
HEAD = "# Made by proto/openapi.py. Change the protos, the texts or proto/openapi.yaml, and run: make proto\n"

JSON_TYPE, STREAM_TYPE = "application/json", "text/event-stream"


class Operations:
    """The paths, with the schemas that they need."""

    def __init__(self, protos: Protos, table: Json) -> None:
        self._protos = protos
        self._table = table
        self._schemas = Schemas(protos, table)

    def document(self) -> Json:
        """All of it."""
        paths: dict[str, Json] = {}
        for name, operation in self._table["operations"].items():
            method, path = name.split()
            paths.setdefault(path, {})[method.lower()] = self._operation(name, operation)
        components = {
            "securitySchemes": self._table["security"],
            "headers": {name: {"required": True, **header} for name, header in self._table["headers"].items()},
            "schemas": self._schemas.made,
        }
        return {**self._table["document"], "paths": paths, "components": components}

    def _operation(self, name: str, operation: Json) -> Json:
        rpc = operation.get("rpc")
        bindings = self._protos.bindings(rpc) if rpc else ()
        if bindings and name not in bindings:
            raise ValueError(f"{rpc} is not at {name}")
        parameters = [{"name": each, **self._table["parameters"][each]} for each in operation.get("parameters", ())]
        return {
            "operationId": operation["id"],
            "tags": [operation["tag"]],
            "summary": operation.get("summary") or self._protos.comment(rpc),
            "security": [{operation["security"]: []}] if "security" in operation else [],
            **({"parameters": parameters} if parameters else {}),
            **(self._body(rpc) if name.startswith("POST") else {}),
            "responses": {"200": self._success(operation), **self._refusals(operation)},
        }

    def _body(self, rpc: str) -> Json:
        request = self._schemas.of(short(self._protos.methods[rpc].input_type), is_request=True)
        return {"requestBody": {"required": True, "content": {JSON_TYPE: {"schema": request}}}}

    def _success(self, operation: Json) -> Json:
        content: Json = {kind: {"schema": {"type": "string"}} for kind in operation.get("types", ())}
        for rpc in filter(None, (operation.get("rpc"), operation.get("stream"))):
            method = self._protos.methods[rpc]
            reply = short(method.output_type)
            if method.server_streaming:
                content[STREAM_TYPE] = {"schema": self._schemas.of_events(reply)}
            else:
                content[JSON_TYPE] = {"schema": self._schemas.of(reply)}
        reply = {"description": "Success.", "headers": self._headers(operation, 200)}
        return {**reply, **({"content": content} if content else {})}

    def _refusals(self, operation: Json) -> Json:
        by_status: dict[int, list[Text | EdgeText | Reason]] = {}
        for each in map(_named, _flat(operation["texts"])):
            status = each.reason.http_status if isinstance(each, Text) else each.http_status
            by_status.setdefault(status, []).append(each)
        return {str(status): self._refusal(operation, status, by_status[status]) for status in sorted(by_status)}

    def _refusal(self, operation: Json, status: int, causes: list[Text | EdgeText | Reason]) -> Json:
        said = dict.fromkeys(map(self._cause, causes))
        examples = {
            cause.name: {"value": {"error": _example(cause.template)}}
            for cause in causes
            if not isinstance(cause, Reason)
        }
        content = {"schema": ref("schemas", "Error"), **({"examples": examples} if examples else {})}
        return {
            "description": "\n".join(f"- {each}" for each in said) if len(said) > 1 else next(iter(said)),
            "headers": self._headers(operation, status),
            "content": {JSON_TYPE: content},
        }

    def _cause(self, cause: Text | EdgeText | Reason) -> str:
        """What the proto says of a reason; Envoy's own texts have none, and say it themselves."""
        if isinstance(cause, EdgeText):
            return _example(cause.template)
        reason = cause.reason if isinstance(cause, Text) else cause
        said = self._protos.comment(reason.wire_name).removeprefix(f"{reason.status.name}: ")
        return said[0].upper() + said[1:]

    def _headers(self, operation: Json, status: int) -> Json:
        named = [] if operation.get("is_nameless") else ["X-Request-Id"]
        names = [*named, *operation.get("headers", ()), *self._table["headers_of"].get(status, ())]
        if status == 413:
            names = [name for name in names if not name.startswith("X-RateLimit-")]
        elif status == 429 and "X-RateLimit-Limit" in names:
            names.append("X-RateLimit-Reason")
        return {name: ref("headers", name) for name in names}


def _named(name: str) -> Text | EdgeText | Reason:
    """The text, or else the reason, of this name."""
    for kind in (Text, EdgeText, Reason):
        if name in kind.__members__:
            return kind[name]
    raise KeyError(name)


def _example(template: str) -> str:
    """The text with `…` for what is filled in."""
    return "".join(text + ("" if name is None else "…") for text, name, *_ in Formatter().parse(template))


def _flat(names: Any) -> Iterator[str]:
    for each in names:
        if isinstance(each, str):
            yield each
        else:
            yield from _flat(each)


class _Plain(yaml.SafeDumper):
    """Writes what stands in two places twice, and lines of a text as lines."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_Plain.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None),
)


def document() -> str:
    """The document."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    figures = {name: value for name, value in vars(contract).items() if name.isupper()}
    table = filled(yaml.safe_load(TABLE.read_text("utf-8")), {**figures, "version": project["version"]})
    made = Operations(Protos(), table).document()
    return HEAD + yaml.dump(made, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=120)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=DOCUMENT)
    parser.parse_args().into.write_text(document(), "utf-8")
