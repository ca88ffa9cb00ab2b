"""Filters of lists, which stand in the address of a page."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from services.web.dashboard.days import day_in, first_second
from services.web.dashboard.forms import Form

DAY_MS = 24 * 60 * 60 * 1000
CHATBOT_ID = re.compile(r"bot_[A-Za-z0-9]{1,64}")


@dataclass(frozen=True, slots=True)
class Filter:
    """What narrows a list. `form` shows it, with what is wrong.

    `since_ms` and `until_ms` are Unix milliseconds, None where no day is named; `until_ms` is not included.
    """

    form: Form
    query: str
    since_ms: int | None = None
    until_ms: int | None = None

    @classmethod
    def of(cls, query: Mapping[str, str], fields: Mapping[str, "re.Pattern[str]"]) -> "Filter":
        """The fields of these names, and the days `since` and `until`, both included.

        A value that a field can't have narrows nothing.
        """
        chosen = {name: query[name] for name, values in fields.items() if values.fullmatch(query.get(name, ""))}
        chosen |= {name: query[name] for name in ("since", "until") if query.get(name)}
        form = Form.of(**chosen)
        days = {}
        for name in ("since", "until"):
            if (day := day_in(form.get(name))) is not None:
                days[name] = day
            elif form.get(name):
                form = form.wrong(name, "This must be a day such as 2026-11-23.")
        if len(days) == 2 and days["until"] < days["since"]:
            form = form.wrong("until", "The last day can't be before the first.")
        since, until = (first_second(days[name]) * 1000 if name in days else None for name in ("since", "until"))
        return cls(form, urlencode(chosen), since, None if until is None else until + DAY_MS)

    @property
    def is_wrong(self) -> bool:
        """Whether there is no telling what is asked for."""
        return bool(self.form.errors)


def one_of(values: Iterable[str]) -> "re.Pattern[str]":
    """A field that can have one of these values."""
    return re.compile("|".join(map(re.escape, values)))
