"""How a widget looks, as a form: from the appearance, and back into a change of it."""

from collections.abc import Callable, Mapping
from typing import Any

from chatmount.chat.v1 import visitor_pb2 as pb
from google.protobuf.field_mask_pb2 import FieldMask

from services.web.dashboard.forms import Form
from services.web.dashboard.meanwhile import seen_of
from services.web.dashboard.typed_numbers import whole_number

FIELDS = tuple(field.name for field in pb.Appearance.DESCRIPTOR.fields)
CHECKS = ("sources", "ratings", "history", "new_button", "message_events")
_LISTS = ("suggestions", "hidden_paths")
_NUMBERS = {
    "offset_x": "0 to 200",
    "offset_y": "0 to 200",
    "z_index": "1 to 2147483647",
    "open_after_seconds": "1 to 3600, or 0 for never",
}


def appearance_form(appearance: pb.Appearance) -> Form:
    """The form before anybody changes it."""
    written = {name: _written(getattr(appearance, name)) for name in FIELDS}
    return Form.of(**written, seen=seen_of(appearance))


def change_in(form: Form) -> pb.UpdateAppearanceRequest:
    """What a form asks for.

    INVALID_FIELD for anything but a number; the service knows the other rules.
    """
    values: dict[str, Any] = {name: _READ.get(name, Form.get)(form, name) for name in FIELDS}
    return pb.UpdateAppearanceRequest(appearance=pb.Appearance(**values), update_mask=FieldMask(paths=FIELDS))


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else ""
    return str(value) if isinstance(value, str | int) else "\n".join(value)


def _whole(form: Form, name: str) -> int:
    return whole_number(name, form.get(name), _NUMBERS[name])


def _is_checked(form: Form, name: str) -> bool:
    return bool(form.get(name))


_READ: Mapping[str, Callable[[Form, str], Any]] = {
    **dict.fromkeys(CHECKS, _is_checked),
    **dict.fromkeys(_LISTS, Form.lines),
    **dict.fromkeys(_NUMBERS, _whole),
}
