"""The tests. Each process of theirs that starts others has gRPC's threads in it."""

import os

# A child that starts as another user, as Postgres does for root, is forked; gRPC's handlers for forks abort it when
# other threads are in the middle of a call, and it has no use for them. They are read when gRPC is imported.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
