"""Server-Sent Events as a page reads them."""

from collections.abc import AsyncIterator

from aiohttp import ClientResponse


async def events(response: ClientResponse) -> AsyncIterator[tuple[str, str]]:
    """Names and data of events."""
    name, data = "", list[str]()
    async for raw in response.content:
        key, _, value = raw.decode().removesuffix("\n").partition(":")
        if key == "event":
            name = value.removeprefix(" ")
        elif key == "data":
            data.append(value.removeprefix(" "))
        elif data:
            yield name, "\n".join(data)
            name, data = "", []
