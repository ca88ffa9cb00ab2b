"""Records as messages: by the names of fields, checked when the mapping is imported."""

from collections.abc import Callable
from enum import Enum
from operator import attrgetter
from typing import Any, TypeVar

from google.protobuf.descriptor import EnumDescriptor
from google.protobuf.message import Message

Record = TypeVar("Record")
Written = TypeVar("Written", bound=Message)
Member = TypeVar("Member", bound=Enum)


def to_message(
    record: type[Record], message: type[Written], **made: Callable[[Record], Any]
) -> Callable[[Record], Written]:
    """A function from a record to its message.

    A field takes the record's attribute of its name; `x_at` takes `x_ms` in whole seconds, and `x_at_ms` takes `x_ms`
    as it is. An enum's member becomes the value of its name. None leaves a field unset. `made` makes what is otherwise.
    TypeError at once for a field that comes from nowhere, and for a name in `made` that is no field.
    """
    fields = message.DESCRIPTOR.fields_by_name
    if unknown := made.keys() - fields.keys():
        raise TypeError(f"{message.DESCRIPTOR.full_name} has no field {', '.join(sorted(unknown))}")
    sources = [(name, made.get(name) or _source(record, field)) for name, field in fields.items()]

    def write(one: Record) -> Written:
        return message(**{name: value for name, source in sources if (value := source(one)) is not None})

    return write


def to_member(members: type[Member], enum: EnumDescriptor, number: int) -> Member | None:
    """The member with the name of an enum's value; None for a number without one (UNSPECIFIED)."""
    value = enum.values_by_number.get(number)
    return None if value is None else members.__members__.get(value.name.removeprefix(_prefix(enum)))


def _source(record: type[Any], field: Any) -> Callable[[Any], Any]:
    name: str = field.name
    if _has(record, name):
        return attrgetter(name) if field.enum_type is None else _numbered(field.enum_type, attrgetter(name))
    if name.endswith("_at_ms") and _has(record, name.removesuffix("_at_ms") + "_ms"):
        return attrgetter(name.removesuffix("_at_ms") + "_ms")
    if name.endswith("_at") and _has(record, name.removesuffix("_at") + "_ms"):
        read = attrgetter(name.removesuffix("_at") + "_ms")
        return lambda one: None if read(one) is None else read(one) // 1000
    raise TypeError(f"{record.__name__} has nothing for {field.full_name}")


def _has(record: type[Any], name: str) -> bool:
    return hasattr(record, name) or name in getattr(record, "__dataclass_fields__", {})


def _numbered(enum: EnumDescriptor, read: Callable[[Any], Enum]) -> Callable[[Any], int]:
    prefix = _prefix(enum)
    numbers = {value.name.removeprefix(prefix): value.number for value in enum.values}
    return lambda one: numbers[read(one).name]


def _prefix(enum: EnumDescriptor) -> str:
    # LedgerState's values begin with LEDGER_STATE_, as buf's lint asks.
    return "".join(f"_{letter}" if letter.isupper() else letter for letter in enum.name).lstrip("_").upper() + "_"
