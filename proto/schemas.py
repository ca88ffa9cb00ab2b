"""Schemas of the messages in the .proto files, as OpenAPI 3.1 has them."""

import re
from collections.abc import Sequence
from typing import Any

from comments import Protos
from google.protobuf.descriptor_pb2 import FieldDescriptorProto

Json = dict[str, Any]

SCALARS = {
    FieldDescriptorProto.TYPE_STRING: "string",
    FieldDescriptorProto.TYPE_BOOL: "boolean",
    FieldDescriptorProto.TYPE_INT32: "integer",
}
LIST_VALUE = ".google.protobuf.ListValue"
ERROR = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string", "minLength": 1}}}


def ref(kind: str, name: str) -> Json:
    """A reference to a component."""
    return {"$ref": f"#/components/{kind}/{name}"}


def short(type_name: str) -> str:
    """The name of a message without its package."""
    return type_name.rpartition(".")[2]


class Schemas:
    """The schemas of messages, by name; `made` has those that were asked for, and what they are made of."""

    def __init__(self, protos: Protos, table: Json) -> None:
        self._protos = protos
        self._rules: Json = table["schemas"]
        self.made: Json = {"Error": ERROR, "Sources": table["sources"]}

    def of(self, message: str, *, is_request: bool = False) -> Json:
        """A reference to the schema of a message."""
        if message not in self.made:
            self.made[message] = {}
            self.made[message] |= self._object(message, self._fields(message), is_request=is_request)
        return ref("schemas", message)

    def of_events(self, message: str) -> Json:
        """The schema of one server-sent event, which has a JSON object in its data; `message` has all its fields.

        The comment of `type` names the kinds, and that of every other field the kind that it is of.
        """
        fields = {field.name: field for field in self._fields(message)}
        kinds = re.findall(r"`(\w+)`", self._protos.comment(f"{message}.{fields.pop('type').name}"))
        for kind in kinds:
            own = [each for each in fields.values() if self._comment(message, each).startswith(f"Of `{kind}`")]
            event = self._object(message, own, required={each.name for each in own})
            for said in event["properties"].values():
                text = said["description"].removeprefix(f"Of `{kind}`: ")
                said["description"] = text[0].upper() + text[1:]
            event["properties"] = {"type": {"const": kind}, **event["properties"]}
            event["required"] = ["type", *event.get("required", ())]
            self.made[f"{kind.capitalize()}Event"] = event
        self.made["Event"] = {
            "description": self._protos.comment(message),
            "oneOf": [ref("schemas", f"{kind.capitalize()}Event") for kind in kinds],
            "discriminator": {
                "propertyName": "type",
                "mapping": {kind: f"#/components/schemas/{kind.capitalize()}Event" for kind in kinds},
            },
        }
        # As OpenAPI 3.2 has it, which is the first that knows of such streams.
        data = {"type": "string", "contentMediaType": "application/json", "contentSchema": ref("schemas", "Event")}
        return {"type": "object", "required": ["data"], "properties": {"data": data}}

    def _object(
        self,
        message: str,
        fields: Sequence[FieldDescriptorProto],
        *,
        is_request: bool = False,
        required: set[str] | None = None,
    ) -> Json:
        needed = required or {each.name for each in fields if self._rule(message, each).get("required")}
        properties = {
            each.name: self._property(message, each, may_be_null=is_request and each.name not in needed)
            for each in fields
        }
        names = [each.name for each in fields if each.name in needed]
        return {"type": "object", **({"required": names} if names else {}), "properties": properties}

    def _property(self, message: str, field: FieldDescriptorProto, *, may_be_null: bool) -> Json:
        rule = {name: value for name, value in self._rule(message, field).items() if name != "required"}
        said = {"description": self._comment(message, field)}
        if field.type_name == LIST_VALUE:
            return {**ref("schemas", "Sources"), **said}
        if field.type == FieldDescriptorProto.TYPE_MESSAGE:
            inner = self.of(short(field.type_name))
            many = field.label == FieldDescriptorProto.LABEL_REPEATED
            return {"type": "array", "items": inner, **rule, **said} if many else {**inner, **said}
        kind = SCALARS[field.type]
        return {"type": [kind, "null"] if may_be_null else kind, **rule, **said}

    def _fields(self, message: str) -> list[FieldDescriptorProto]:
        return [each for each in self._protos.messages[message].field if not self._rule(message, each).get("omit")]

    def _rule(self, message: str, field: FieldDescriptorProto) -> Json:
        """Of the table: the field's own, on top of that of the field whose comment it shares."""
        name = f"{message}.{field.name}"
        return {**self._rules.get(self._protos.home(name), {}), **self._rules.get(name, {})}

    def _comment(self, message: str, field: FieldDescriptorProto) -> str:
        return self._protos.comment(f"{message}.{field.name}")
