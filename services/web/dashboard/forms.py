"""Forms: what was typed, what is wrong with it, and where."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from services.errors import ChatmountError, Reason
from services.web.dashboard.page_statuses import AT_THE_FORM

MAXIMUM_FIELDS = 100
FORM_TYPE = "application/x-www-form-urlencoded"
MULTIPART_TYPE = "multipart/form-data"
"""Of forms with files or long texts: the other type makes nine bytes of a Chinese character."""


@dataclass(frozen=True, slots=True)
class Form:
    """A form as it is shown: empty, with what is there now, or with what was typed.

    `error` is about the whole of it, `errors` are about fields.
    """

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    error: str = ""
    status: int = 200

    @classmethod
    def of(cls, **values: str) -> "Form":
        """A form with these values, for a page that was asked for by GET."""
        return cls({name: (value,) for name, value in values.items()})

    def get(self, name: str) -> str:
        """What is in a field; "" when it is not there."""
        return next(iter(self.values.get(name, ())), "")

    def all(self, name: str) -> tuple[str, ...]:
        """What is in all fields of a name."""
        return self.values.get(name, ())

    def lines(self, name: str) -> list[str]:
        """The lines of a text area that are not blank."""
        return [line.strip() for line in self.get(name).splitlines() if line.strip()]

    @property
    def creation_id(self) -> str:
        """What keeps a form that is sent twice from making two things."""
        return self.get("creation_id") or secrets.token_urlsafe(24)

    def refused(self, refused: ChatmountError) -> "Form":
        """The form with the refusal at the field that it names, or above it.

        Raises the refusal when no other entry would mend it.
        """
        status = AT_THE_FORM.get(refused.reason)
        if status is None:
            raise refused
        name = self._named_in(refused.text) if refused.reason == Reason.INVALID_FIELD else None
        if name is None:
            return self.wrong_as_a_whole(refused.text, status)
        return self.wrong(name, refused.text, status)

    def wrong(self, name: str, text: str, status: int = 422) -> "Form":
        """The form with this text at a field. Names of fields in it become words."""
        spoken = text.replace(name, name.replace("_", " "))
        return replace(self, errors={**self.errors, name: spoken[:1].upper() + spoken[1:]}, status=status)

    def wrong_as_a_whole(self, text: str, status: int = 422) -> "Form":
        """The form with this text above it."""
        return replace(self, error=text, status=status)

    def _named_in(self, text: str) -> str | None:
        words = re.findall(r"\w+", text)
        return next((word for word in words if word in self.values), None)


async def read_form(request: web.Request) -> Form:
    """The fields of a request's body. HTTPException for a body that no page of ours sends."""
    if request.content_type not in (FORM_TYPE, MULTIPART_TYPE):
        raise web.HTTPUnsupportedMediaType(text=f"A form is sent as {FORM_TYPE} or {MULTIPART_TYPE}.")
    try:
        fields = await (_parts if request.content_type == MULTIPART_TYPE else _pairs)(request)
    # All but the first are of parts with broken heads; a charset that there is not is a LookupError.
    except (ValueError, LookupError, HttpProcessingError, RuntimeError, AssertionError) as error:
        raise web.HTTPBadRequest(text=f"A form has at most {MAXIMUM_FIELDS} fields, in UTF-8.") from error
    values: dict[str, tuple[str, ...]] = {}
    for name, value in fields:
        # Browsers send line ends as CR LF, whatever was typed.
        values[name] = (*values.get(name, ()), value.replace("\r\n", "\n"))
    return Form(values)


async def _pairs(request: web.Request) -> list[tuple[str, str]]:
    body = await request.read()
    return parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAXIMUM_FIELDS)


async def _parts(request: web.Request) -> list[tuple[str, str]]:
    posted = await request.post()
    if len(posted) > MAXIMUM_FIELDS:
        raise ValueError("too many fields")
    return [(name, value) for name, value in posted.items() if isinstance(value, str)]
