"""Which services of a local stack share a process."""

from collections.abc import Mapping, Sequence

from services.config.settings import Settings, SettingsError
from services.config.wiring import ALONE, Groups, parse_groups

USUAL: Groups = (("auth", "quota", "chat"),)
"""Unless something else is chosen. Retrieval is alone, so that reading sources holds up no other call."""


def choose_groups(
    together: Sequence[str], settings: Settings, counts: Mapping[str, int], *, split: bool = False
) -> Groups:
    """The services of each process that has several.

    `together`: one text for each process, which outdo the setting; `split`: every service is alone. `counts`: how many
    replicas of each, which only a service that is alone can have several of. SettingsError for a choice that can't be
    met.
    """
    if split and together:
        raise SettingsError("--split and --together exclude each other.")
    chosen = settings.together
    subject = "CHATMOUNT_TOGETHER"
    if split or together:
        subject = "--together"
        chosen = parse_groups(ALONE if split else " ".join(each.replace(" ", "") for each in together), subject)
    if chosen is None:
        remaining = (tuple(name for name in group if counts[name] == 1) for group in USUAL)
        return tuple(group for group in remaining if len(group) > 1)
    for group in chosen:
        for name in group:
            if counts[name] > 1:
                raise SettingsError(
                    f"{subject} puts {name} into a process with others, and there are to be {counts[name]} replicas of "
                    f"it: leave {name} out of {subject}."
                )
    return chosen
