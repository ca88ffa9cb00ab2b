"""Lists that come in pages, read as one."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

Page = TypeVar("Page", bound=Any)

PAGE_SIZE = 500


async def pages(fetch: Callable[[Any], Awaitable[Page]], request: Any) -> AsyncIterator[Page]:
    """Every page. `request` has `page_size` and `page_token`, a response `next_page_token`."""
    request.page_size = request.page_size or PAGE_SIZE
    while True:
        page = await fetch(request)
        yield page
        request.page_token = page.next_page_token
        if not request.page_token:
            return


async def each_row(
    fetch: Callable[[Any], Awaitable[Any]], request: Any, limit: int | None = None
) -> AsyncIterator[Any]:
    """The first `limit` rows, or all, with no more than a page in memory.

    The rows are what the one repeated field of a page holds.
    """
    request.page_size = min(PAGE_SIZE, limit or PAGE_SIZE)
    count = 0
    async for page in pages(fetch, request):
        (rows,) = (field.name for field in page.DESCRIPTOR.fields if field.is_repeated)
        for row in getattr(page, rows):
            yield row
            count += 1
            if count == limit:
                return


async def all_rows(fetch: Callable[[Any], Awaitable[Any]], request: Any, limit: int | None = None) -> list[Any]:
    """The first `limit` rows, or all."""
    return [row async for row in each_row(fetch, request, limit)]
