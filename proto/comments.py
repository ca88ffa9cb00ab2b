"""The messages and methods of the .proto files, with the comments that stand above them."""

import re
import tempfile
from pathlib import Path

from generate import lint_image
from google.api import annotations_pb2
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
)

PACKAGES = ("chatmount.auth.v1", "chatmount.chat.v1", "chatmount.errors.v1")


_SEE = re.compile(r"\b[Ss]ee (\w+\.\w+)")


class Protos:
    """What a public document may need, by short names such as `ChatRequest.message` and `ChatService.Chat`."""

    def __init__(self) -> None:
        self.messages: dict[str, DescriptorProto] = {}
        self.methods: dict[str, MethodDescriptorProto] = {}
        self._comments: dict[str, str] = {}
        with tempfile.TemporaryDirectory() as folder:
            image = Path(folder) / "image.binpb"
            lint_image(image)
            files = FileDescriptorSet.FromString(image.read_bytes()).file
        for file in files:
            if file.package in PACKAGES:
                self._read(file)

    def comment(self, name: str) -> str:
        """The first paragraph of a comment; what follows is for those who work on the code.

        `See A.b` stands for the comment of that field. KeyError when there is no such thing.
        """
        return _SEE.sub(lambda see: self.comment(see[1]).removesuffix("."), self._comments[name])

    def home(self, name: str) -> str:
        """The field whose comment says what there is to say of this one."""
        see = _SEE.match(self._comments[name])
        return self.home(see[1]) if see else name

    def bindings(self, method: str) -> set[str]:
        """The method and path of each HTTP request that the edge turns into a call of `method`."""
        http = self.methods[method].options.Extensions[annotations_pb2.http]
        rules = (http, *http.additional_bindings)
        return {f"{kind.upper()} {getattr(rule, kind)}" for rule in rules if (kind := rule.WhichOneof("pattern"))}

    def _read(self, file: FileDescriptorProto) -> None:
        names: dict[tuple[int, ...], str] = {}
        for i, message in enumerate(file.message_type):
            self.messages[message.name] = message
            names[4, i] = message.name
            names |= {(4, i, 2, j): f"{message.name}.{field.name}" for j, field in enumerate(message.field)}
        for i, enum in enumerate(file.enum_type):
            names |= {(5, i, 2, j): value.name for j, value in enumerate(enum.value)}
        for i, service in enumerate(file.service):
            self.methods |= {f"{service.name}.{method.name}": method for method in service.method}
            names |= {(6, i, 2, j): f"{service.name}.{method.name}" for j, method in enumerate(service.method)}
        for location in file.source_code_info.location:
            if (name := names.get(tuple(location.path))) and location.leading_comments:
                first, *_ = location.leading_comments.strip().split("\n\n")
                self._comments[name] = " ".join(line.strip() for line in first.splitlines())
