"""How a chatbot speaks, as a form: from the profile, and back into a change of it."""

from hashlib import sha256

from chatmount.chat.v1 import chat_pb2 as pb

from services.errors import invalid
from services.web.dashboard.forms import Form

FIELDS = ("instructions", "fallback", "abstention_threshold", "model", "temperature", "answer_tokens")
SEEN = "seen"
"""The field that tells which profile a form was filled in from."""

_LARGEST = 2**31 - 1


def profile_form(profile: pb.Profile) -> Form:
    """The form before anybody changes it. What the settings say is an empty field."""
    return Form.of(
        instructions=profile.instructions,
        fallback=profile.fallback,
        abstention_threshold=_figure(profile.abstention_threshold),
        model=profile.model,
        temperature=_figure(profile.temperature) if profile.HasField("temperature") else "",
        answer_tokens=str(profile.answer_tokens) if profile.HasField("answer_tokens") else "",
        seen=sha256(profile.SerializeToString(deterministic=True)).hexdigest(),
    )


def change_in(form: Form) -> pb.UpdateProfileRequest:
    """What a form asks for. INVALID_FIELD for what is no number; the service knows the ranges."""
    return pb.UpdateProfileRequest(
        instructions=form.get("instructions"),
        fallback=form.get("fallback"),
        abstention_threshold=_number("abstention_threshold", form.get("abstention_threshold"), "0 to 1"),
        model=form.get("model"),
        temperature=_number("temperature", form.get("temperature") or "-1", "0 to 2"),
        answer_tokens=_whole_number("answer_tokens", form.get("answer_tokens") or "0", "16 to 100000"),
    )


def differing(typed: Form, theirs: Form) -> dict[str, str]:
    """Fields in which a profile differs from what was typed, with what it has there."""
    return {name: theirs.get(name) for name in FIELDS if typed.get(name).strip() != theirs.get(name)}


def _figure(value: float) -> str:
    return f"{value:.10g}"


def _number(name: str, text: str, of: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise invalid(f"{name} must be a number from {of}.") from None


def _whole_number(name: str, text: str, of: str) -> int:
    try:
        # What no message can hold is out of range all the same.
        return max(-_LARGEST, min(int(text), _LARGEST))
    except ValueError:
        raise invalid(f"{name} must be a whole number from {of}.") from None
