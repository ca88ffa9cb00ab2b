"""Documents become sources, with progress."""

from collections.abc import Iterator

from services.cli.calls.stack import ChatbotScope
from services.cli.documents.document import Document, Unreadable
from services.cli.documents.upload import Result, upload_all
from services.cli.output.progress import progress


async def upload_with_progress(
    scope: ChatbotScope, documents: Iterator[Document | Unreadable], total: int, *, wait: bool = True, events: bool
) -> list[Result]:
    """See upload_all."""
    with progress("Adding", total, events=events) as advance:

        def on_result(document: Document | Unreadable, result: Result) -> None:
            if isinstance(result, Unreadable):
                advance("failed", document.label, error=result.reason)
            elif result.unchanged:
                advance("unchanged", document.label)
            else:
                advance("added" if wait else "accepted", document.label, result.source.passages)

        return await upload_all(scope, documents, on_result, wait=wait)
