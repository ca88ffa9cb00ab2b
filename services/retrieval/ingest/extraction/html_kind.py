"""Whether a web page is an article, as news and blogs have them."""

import re

from lxml.html import HtmlElement

_SAYS_SO = (
    "//meta[@property='article:published_time' or (@property='og:type' and @content='article')]",
    "//*[contains(@itemtype, 'schema.org/') and contains(@itemtype, 'Article')]",
    "//*[contains(@itemtype, 'schema.org/') and contains(@itemtype, 'BlogPosting')]",
    "//*[@id='comments' or @id='respond' or @id='disqus_thread' or contains(@class, 'hentry')]",
)
_LINKED_DATA = "//script[@type='application/ld+json']"
_LINKED_ARTICLE = re.compile(r'"@type"\s*:\s*\[?\s*"(?:(?:\w*News|Reportage)?Article|BlogPosting)"')
_WIKI = "//meta[@name='generator' and contains(@content, 'Wiki')]"
"""Wikis call all of their pages articles."""


def is_article(root: HtmlElement) -> bool:
    """Whether a page says that it is an article, or can be commented on."""
    if any(map(root.xpath, _SAYS_SO)):
        return True
    linked = any(_LINKED_ARTICLE.search(data.text or "") for data in root.xpath(_LINKED_DATA))
    return linked and not root.xpath(_WIKI)
