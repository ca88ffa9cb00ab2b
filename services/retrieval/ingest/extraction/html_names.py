"""Which names of classes and ids say that an element is not the content of a page."""

import re
from functools import lru_cache

_CLUTTER_NAMES = """
cookie cookies consent gdpr ccpa nav navbar navigation menu menubar sidebar sidenav breadcrumb breadcrumbs footer
masthead newsletter subscribe share sharing social advert adverts advertisement advertisements ad ads sponsor sponsored
popup modal overlay pagination pager toc
"""
# What news and blogs put around and into their texts.
_BESIDE_NAMES = """
comment comments commentform commentlist nocomments respond reply replies disqus akismet trackback trackbacks related
recommended recommendations teaser teasers trending popular sharedaddy addtoany addthis shariff facebook
twitter whatsapp taboola outbrain yarpp upsell paywall regwall byline authorbox author authors contributor contributors
biography bio postmetadata postmeta meta metadata tags taglist tagcloud postnav prevnext copyright credits
promo promotion kicker shares furtherarticles nextpost previouspost skyscraper affiliate disclosure buybox
entryfooter postfooter nextstory nextarticle
"""
_WHOLE_BESIDE_NAMES = """
upnext mostread mostpopular morestories morearticles morenews moreposts alsolike
"""
_WHICH_NAMES = """
site page main top bottom left right side global local primary secondary tertiary header mobile desktop mega sub doc
docs article post blog app web theme block vertical horizontal sticky account user language wp elementor vector sphinx
"""
_WHICH_BESIDE = """
articles posts story stories news content entry single item items about more most read next previous prev latest recent
similar further other links form title publish published date time image photo magazine
"""
_PART_NAMES = """
banner bar notice message box list link links item items icon icons button buttons wrapper wrap container inner outer
section area widget block panel group row column col form signup toggle tree top bottom left right main primary
secondary mobile desktop
"""
_BESIDE_PARTS = """
articles posts stories news content headline title teaser info card profile description text template body
template heading headlines module component flex unit zone grid slider carousel footer header details name names
"""
_CLUTTER = frozenset(_CLUTTER_NAMES.split())
_BESIDE = frozenset(_BESIDE_NAMES.split())
_WHICH = frozenset(_WHICH_NAMES.split())
_PARTS = frozenset(_PART_NAMES.split())
_BESIDE_ALL = _BESIDE | _CLUTTER | _WHICH | _PARTS | frozenset(_WHICH_BESIDE.split()) | frozenset(_BESIDE_PARTS.split())
# Prefixes of style sheets and frameworks.
_PREFIX = re.compile(r"^(?:js|[clmou]|wp|md|bd|td|mw|rst|ui|cc|et|ast|uk)[-_]+(?=[a-zA-Z])")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")
_WHOLE_NAMES = """
skiplink skiptocontent skiptomain skipnav relatedposts relatedarticles relatedlinks tableofcontents backtotop editpage
editlink editthispage headerlink anchorlink sronly visuallyhidden printonly cookielawinfobar
"""
_WHOLE = frozenset(_WHOLE_NAMES.split())
_WHOLE_BESIDE = frozenset(_WHOLE_BESIDE_NAMES.split())
_THEMED = _BESIDE | frozenset(("ad", "ads", "newsletter", "share", "sharing", "social", "subscribe"))
_LONGEST = 60
_THEME = 4
_MODIFIER_NAMES = "has no not non is with hide hidden show one two full last all new see own add edit"
_MODIFIERS = frozenset(_MODIFIER_NAMES.split())


def is_mark_name(name: str) -> bool:
    """Whether a class or id names a link or note that is no part of the text it stands in."""
    return "".join(_words(name)) in _WHOLE


@lru_cache(maxsize=4096)
def is_clutter_name(name: str) -> bool:
    """Whether a class or id names navigation and the like: `site-footer`, not `with-footer`.

    All words of it must do so. A name in which there are others is that of something else, or of what stands beside it.
    """
    words = _words(name)
    return is_mark_name(name) or (
        any(word in _CLUTTER for word in words)
        and all(word in _CLUTTER or word in _WHICH or word in _PARTS for word in words)
        and (words[-1] in _CLUTTER or words[-1] in _PARTS)
    )


@lru_cache(maxsize=4096)
def is_beside_name(name: str) -> bool:
    """Whether a class or id of a news or blog page names clutter, comments, or other articles."""
    words = _words(name)
    names_it = any(word in _BESIDE or word in _CLUTTER for word in words)
    return (
        is_clutter_name(name)
        or "".join(words) in _WHOLE_BESIDE
        or (names_it and all(word in _BESIDE_ALL for word in _without_theme(words)))
    )


def _without_theme(words: list[str]) -> list[str]:
    """The words but the short name of a theme or site in front: `mvp-author-box`."""
    is_theme = len(words) > 2 and len(words[0]) <= _THEME and words[0] not in _MODIFIERS
    return words[1:] if is_theme and any(word in _THEMED for word in words[1:]) else words


def _words(name: str) -> list[str]:
    if len(name) > _LONGEST:
        return []
    return [word.lower() for word in _WORD.findall(_PREFIX.sub("", name)) if not word.isdigit()]


def slug(text: str) -> str:
    """What a heading and the id that is made of it have in common."""
    return re.sub(r"[\W_\d]+", "", text).casefold()
