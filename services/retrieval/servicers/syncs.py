"""Messages of the times that sources were read again."""

from chatmount.retrieval.v1 import retrieval_pb2 as pb

from services.retrieval.syncs import Sync, SyncFailure
from services.rpc.messages import to_message

_failure = to_message(SyncFailure, pb.SyncFailure)
sync_message = to_message(Sync, pb.Sync, failures=lambda sync: map(_failure, sync.failures))


def read_sync(message: pb.Sync) -> Sync:
    """What a client tells, not checked yet."""
    return Sync(
        began_ms=message.began_at * 1000,
        ended_ms=message.ended_at * 1000,
        every_seconds=message.every_seconds,
        changed=message.changed,
        unchanged=message.unchanged,
        failed=message.failed,
        gone=message.gone,
        failures=[SyncFailure(one.url, one.error) for one in message.failures],
    )
