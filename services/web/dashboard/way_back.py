"""Where signing in leads: to the page that was asked for, and never out of the dashboard."""

import re

from services.web.dashboard.texts import HOME_PATH

_PATH = re.compile(r"/dashboard/[A-Za-z0-9_/-]*(\?[!-~]*)?")
_NOT_AGAIN = re.compile(r"/dashboard/(sign-in|sign-out|link|invitation)\b")
MAXIMUM_LENGTH = 2000


def way_back(asked: str) -> str:
    """`asked` when it is a page of the dashboard, else the start."""
    is_page = len(asked) <= MAXIMUM_LENGTH and _PATH.fullmatch(asked) and not _NOT_AGAIN.match(asked)
    return asked if is_page else HOME_PATH
