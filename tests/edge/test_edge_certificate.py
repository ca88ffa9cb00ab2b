"""The certificate for development: made once, kept private, and replaced when it won't do."""

import ssl
import stat
from pathlib import Path
from typing import Any

import pytest

from services.edge.certificate import ensure_development_certificate

DAY = 24 * 3600.0


def test_a_certificate_is_made_once_and_its_key_is_private(tmp_path: Path) -> None:
    directory = tmp_path / "tls"
    made = ensure_development_certificate(directory)
    content = [path.read_bytes() for path in made]
    assert stat.S_IMODE(made.key.stat().st_mode) == 0o600
    assert ensure_development_certificate(directory) == made
    assert [path.read_bytes() for path in made] == content


@pytest.mark.parametrize(
    "spoil",
    [
        lambda pair: pair.certificate.unlink(),
        lambda pair: pair.key.write_bytes(b"not a key"),
        lambda pair: pair.certificate.write_bytes(b""),
        lambda pair: pair.key.write_bytes(ensure_development_certificate(pair.key.parent / "other").key.read_bytes()),
    ],
)
def test_a_pair_that_will_not_do_is_replaced(tmp_path: Path, spoil: Any) -> None:
    pair = ensure_development_certificate(tmp_path)
    spoil(pair)
    assert ensure_development_certificate(tmp_path) == pair
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(*pair)


def test_a_certificate_is_renewed_before_it_expires(tmp_path: Path) -> None:
    pair = ensure_development_certificate(tmp_path, lambda: 1_000_000.0)
    first = pair.certificate.read_bytes()
    ensure_development_certificate(tmp_path, lambda: 1_000_000.0 + 790 * DAY)
    assert pair.certificate.read_bytes() == first
    ensure_development_certificate(tmp_path, lambda: 1_000_000.0 + 800 * DAY)
    assert pair.certificate.read_bytes() != first
