"""JSON objects in messages with their keys in the order in which they were set."""

from typing import Any

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.message import Message


def ordered(message: type[Message]) -> Any:
    """A twin of a message's class in which the fields of a `Struct` keep their order.

    Its bytes are the same. Protobuf has nothing but a map for them, and a map's order changes from process to
    process. The twin has a plain list of entries in its place, which is the same on the wire, and the edge prints
    entries as they stand there.
    """
    pool = descriptor_pool.DescriptorPool()
    _add(pool, message.DESCRIPTOR.file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(message.DESCRIPTOR.full_name))


def _add(pool: descriptor_pool.DescriptorPool, file: Any) -> None:
    for dependency in file.dependencies:
        _add(pool, dependency)
    proto = FileDescriptorProto.FromString(file.serialized_pb)
    for message in proto.message_type:
        if message.name == "Struct":
            message.nested_type[0].ClearField("options")
    pool.AddSerializedFile(proto.SerializeToString())
