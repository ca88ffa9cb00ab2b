"""Which names of classes and ids say that an element is not the content of a page."""

import re
from functools import lru_cache

_CLUTTER_NAMES = """
cookie cookies consent gdpr ccpa nav navbar navigation menu menubar sidebar sidenav breadcrumb breadcrumbs footer
masthead newsletter subscribe share sharing social advert adverts advertisement advertisements ad ads sponsor sponsored
popup modal overlay pagination pager toc
"""
_WHICH_NAMES = """
site page main top bottom left right side global local primary secondary tertiary header mobile desktop mega sub doc
docs article post blog app web theme block vertical horizontal sticky account user language wp elementor vector sphinx
"""
_PART_NAMES = """
banner bar notice message box list link links item items icon icons button buttons wrapper wrap container inner outer
section area widget block panel group row column col form signup toggle tree top bottom left right main primary
secondary mobile desktop
"""
_CLUTTER = frozenset(_CLUTTER_NAMES.split())
_WHICH = frozenset(_WHICH_NAMES.split())
_PARTS = frozenset(_PART_NAMES.split())
# Prefixes of style sheets and frameworks.
_PREFIX = re.compile(r"^(?:js|[clmou]|wp|md|bd|td|mw|rst|ui|cc|et|ast|uk)[-_]+(?=[a-zA-Z])")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")
_WHOLE_NAMES = """
skiplink skiptocontent skiptomain skipnav relatedposts relatedarticles relatedlinks tableofcontents backtotop editpage
editlink editthispage headerlink anchorlink sronly visuallyhidden printonly cookielawinfobar
"""
_WHOLE = frozenset(_WHOLE_NAMES.split())
_LONGEST = 60


@lru_cache(maxsize=4096)
def is_clutter_name(name: str) -> bool:
    """Whether a class or id names navigation and the like: `site-footer`, not `with-footer`.

    All words of it must do so. A name in which there are others is that of something else, or of what stands beside it.
    """
    if len(name) > _LONGEST:
        return False
    words = [word.lower() for word in _WORD.findall(_PREFIX.sub("", name)) if not word.isdigit()]
    if "".join(words) in _WHOLE:
        return True
    return (
        any(word in _CLUTTER for word in words)
        and all(word in _CLUTTER or word in _WHICH or word in _PARTS for word in words)
        and (words[-1] in _CLUTTER or words[-1] in _PARTS)
    )


def slug(text: str) -> str:
    """What a heading and the id that is made of it have in common."""
    return re.sub(r"[\W_\d]+", "", text).casefold()
