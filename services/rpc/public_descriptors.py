"""Descriptors of the public services alone, without the rest of the files that they are in."""

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import groupby
from typing import Any

from google.protobuf.descriptor import FileDescriptor, ServiceDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool


@cache
def pool_of(names: frozenset[str], pool: DescriptorPool) -> DescriptorPool:
    """A pool with these services and their messages, and nothing of what else is in their files."""
    kept = DescriptorPool()
    services = sorted((pool.FindServiceByName(name) for name in names), key=_file_name)
    for _, group in groupby(services, key=_file_name):
        _add_part(kept, list(group))
    return kept


def _file_name(service: ServiceDescriptor) -> str:
    return str(service.file.name)


def _add_part(kept: DescriptorPool, services: list[ServiceDescriptor]) -> None:
    file = services[0].file
    reached = _reached(services)
    others = {each.file.name: each.file for each in reached if each.file.name != file.name}
    for other in others.values():
        _add_whole(kept, other)
    whole, part = FileDescriptorProto(), FileDescriptorProto()
    file.CopyToProto(whole)
    part.MergeFrom(FileDescriptorProto(name=whole.name, package=whole.package, syntax=whole.syntax))
    part.dependency.extend(others)
    names = {each.name for each in (*reached, *services) if each.file.name == file.name}
    for field in ("message_type", "enum_type", "service"):
        getattr(part, field).extend(each for each in getattr(whole, field) if each.name in names)
    for service in part.service:
        for method in service.method:
            method.ClearField("options")  # who may call it, and how REST does: in files that are not shown
    kept.AddSerializedFile(part.SerializeToString())


def _add_whole(kept: DescriptorPool, file: FileDescriptor) -> None:
    for dependency in file.dependencies:
        _add_whole(kept, dependency)
    kept.AddSerializedFile(file.serialized_pb)


def _reached(services: Iterable[ServiceDescriptor]) -> list[Any]:
    """The outermost messages and enums that the methods of the services take, return or mention."""
    left: list[Any] = []
    for service in services:
        left += [each for method in service.methods for each in (method.input_type, method.output_type)]
    reached: dict[str, Any] = {}
    while left:
        outermost = left.pop()
        while outermost.containing_type is not None:
            outermost = outermost.containing_type
        if outermost.full_name not in reached:
            reached[outermost.full_name] = outermost
            left += _mentioned(outermost)
    return list(reached.values())


def _mentioned(described: Any) -> Iterator[Any]:
    """The messages and enums in the fields of a message and of those within it."""
    for field in getattr(described, "fields", ()):
        yield from (each for each in (field.message_type, field.enum_type) if each is not None)
    for nested in getattr(described, "nested_types", ()):
        yield from _mentioned(nested)
