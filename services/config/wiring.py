"""Which services share a process."""

from services.config.variables import SettingsError, Variables
from services.trust.principal import SERVICES

Groups = tuple[tuple[str, ...], ...]
"""The services of each process that has several; the others have one of their own."""

ALONE = "none"


def read_groups(variables: Variables, name: str) -> Groups | None:
    """The groups in a variable; None when nothing is said."""
    text = variables.text(name)
    return parse_groups(text, f"CHATMOUNT_{name}") if text else None


def parse_groups(text: str, subject: str) -> Groups:
    """The groups in a text such as `auth,quota,chat`, with spaces between them; `none` is none.

    `subject`: what a SettingsError begins with.
    """
    if text.strip().lower() == ALONE:
        return ()
    groups = [[name.strip() for name in group.split(",")] for group in text.split()]
    named = [name for group in groups for name in group]
    for name in named:
        if name == "web":
            raise SettingsError(f"{subject}: web shares no process, because it must not know the services' secrets.")
        if name not in SERVICES:
            raise SettingsError(f"{subject} knows no service {name!r}: there are {', '.join(SERVICES)}.")
        if named.count(name) > 1:
            raise SettingsError(f"{subject} names {name} twice.")
    return tuple(tuple(name for name in SERVICES if name in group) for group in groups if len(group) > 1)
