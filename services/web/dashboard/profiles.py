"""How a chatbot speaks, as a form: from the profile, and back into a change of it."""

from chatmount.chat.v1 import chat_pb2 as pb

from services.web.dashboard.forms import Form
from services.web.dashboard.meanwhile import seen_of
from services.web.dashboard.typed_numbers import number, whole_number

FIELDS = ("instructions", "fallback", "abstention_threshold", "model", "temperature", "answer_tokens")


def profile_form(response: pb.GetProfileResponse) -> Form:
    """The form before anybody changes it. What the settings say is an empty field."""
    profile = response.profile
    return Form.of(
        instructions=profile.instructions,
        fallback=response.said_fallback,
        abstention_threshold=_figure(profile.abstention_threshold),
        model=profile.model,
        temperature=_figure(profile.temperature) if profile.HasField("temperature") else "",
        answer_tokens=str(profile.answer_tokens) if profile.HasField("answer_tokens") else "",
        seen=seen_of(profile),
    )


def change_in(form: Form) -> pb.UpdateProfileRequest:
    """What a form asks for. INVALID_FIELD for what can't be a number; the service knows ranges."""
    return pb.UpdateProfileRequest(
        instructions=form.get("instructions"),
        fallback=form.get("fallback"),
        abstention_threshold=number("abstention_threshold", form.get("abstention_threshold"), "0 to 1"),
        model=form.get("model"),
        temperature=number("temperature", form.get("temperature") or "-1", "0 to 2"),
        answer_tokens=whole_number("answer_tokens", form.get("answer_tokens") or "0", "16 to 100000"),
    )


def _figure(value: float) -> str:
    return f"{value:.10g}"
