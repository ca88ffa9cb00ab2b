"""Every connection is an open file, and a process may have only so many: without one left, Envoy burns a core."""

import resource

# Of Envoy itself: connections to the services, logs, watched files.
RESERVE = 1024
PER_CONNECTION = 2
"""Both listeners together."""


def raise_descriptor_limit(connections: int) -> int:
    """Raises the limit that Envoy inherits as far as it goes; returns what is left for each listener."""
    needed = PER_CONNECTION * connections + RESERVE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
        soft = allowed
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return connections
    return max(1, (soft - min(RESERVE, soft // 2)) // PER_CONNECTION)


def descriptor_warning(connections: int, room: int) -> str | None:
    """A line that says what to do when there is `room` for fewer than `connections` for each listener."""
    if room >= connections:
        return None
    return (
        f"a process may have too few open files for {connections} connections on each public port, so each takes "
        f"{room}: raise the hard limit to {PER_CONNECTION * connections + RESERVE} (ulimit -Hn, LimitNOFILE= of "
        "systemd, ulimits: nofile of Compose)"
    )
