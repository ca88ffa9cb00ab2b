"""Lists that come in pages, read as one."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

Row = TypeVar("Row")

PAGE_SIZE = 500


async def all_rows(
    fetch: Callable[[Any], Awaitable[Any]],
    request: Any,
    rows: Callable[[Any], list[Row]],
    limit: int | None = None,
) -> list[Row]:
    """The first `limit` rows, or all of them.

    `request` has `page_size` and `page_token`; `rows` takes a response apart.
    """
    return [row async for row in each_row(fetch, request, rows, limit)]


async def each_row(
    fetch: Callable[[Any], Awaitable[Any]],
    request: Any,
    rows: Callable[[Any], list[Row]],
    limit: int | None = None,
) -> AsyncIterator[Row]:
    """The same one by one, with no more than a page in memory."""
    left = limit
    while left is None or left > 0:
        request.page_size = PAGE_SIZE if left is None else min(PAGE_SIZE, left)
        response = await fetch(request)
        for row in rows(response):
            yield row
            left = None if left is None else left - 1
        request.page_token = response.next_page_token
        if not request.page_token:
            return
