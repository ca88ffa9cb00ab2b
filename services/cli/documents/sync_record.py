"""What is kept of a run of `source sync`, for those who have no shell."""

from collections.abc import Sequence
from pathlib import Path

from chatmount.retrieval.v1 import retrieval_pb2

from services.cli.documents.document import Unreadable
from services.cli.documents.sync import SyncPlan
from services.cli.documents.upload import Added, Result
from services.cli.documents.website import is_web_address
from services.cli.output.cleaning import one_line

MAXIMUM_FAILURES = 20
LONGEST_URL = 2048
LONGEST_ERROR = 500


def sync_record(
    plan: SyncPlan, results: Sequence[Result], *, began_at: float, ended_at: float, every_seconds: int
) -> retrieval_pb2.Sync:
    """The record. `every_seconds` 0: there is no schedule."""
    added = [one for one in results if isinstance(one, Added)]
    failed = [one for one in results if isinstance(one, Unreadable)]
    unchanged = sum(one.unchanged for one in added)
    return retrieval_pb2.Sync(
        began_at=int(began_at),
        # A clock may be set back meanwhile.
        ended_at=int(max(began_at, ended_at)),
        every_seconds=every_seconds,
        changed=len(added) - unchanged,
        unchanged=unchanged + len(plan.unchanged),
        failed=len(failed),
        gone=len(plan.gone),
        failures=[_failure(one, plan.folders) for one in failed[:MAXIMUM_FAILURES]],
    )


def _failure(one: Unreadable, folders: Sequence[Path]) -> retrieval_pb2.SyncFailure:
    label, reason = one.label, one.reason
    if not is_web_address(label):
        # Members of the account see it, whom the folders of this machine do not concern.
        for folder in folders:
            label, reason = (text.replace(f"{folder}/", "") for text in (label, reason))
    return retrieval_pb2.SyncFailure(
        url=one_line(label)[:LONGEST_URL] or "–", error=one_line(reason)[:LONGEST_ERROR] or "–"
    )
