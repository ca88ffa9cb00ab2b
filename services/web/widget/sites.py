"""Whether a page is of one of a widget's sites.

Who gets a ticket, Auth decides; by this, a visitor is told.
"""

import re
from collections.abc import Iterable


def is_listed(sites: Iterable[str], origin: str) -> bool:
    """As Auth admits it, and browsers read a policy."""
    return any(re.fullmatch(_pattern(site), origin) for site in sites)


def _pattern(site: str) -> str:
    pattern = re.escape(site).replace("\\*", ".+")
    # Without a port, http covers https.
    is_bare = re.fullmatch(r"http://[^:]*", site)
    return pattern.replace("http", "https?", 1) if is_bare else pattern
