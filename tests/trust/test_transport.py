"""Internal TLS: real servers and channels, and certificates that are wrong in one way each."""

import shutil
import stat
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.cli.calls.health import is_serving
from services.config.settings import WEB_FOLDER, SettingsError, load_settings
from services.trust.internal_certificates import LIFETIME, ensure_internal_certificates
from services.trust.principal_tokens import TokenSigner
from services.trust.transport import CHANNEL_OPTIONS, InternalTls, internal_tls, own_files
from tests.serving import serving
from tests.waiting import PATIENCE

DAY = 24 * 3600.0


@pytest.fixture
def tls(tmp_path: Path) -> InternalTls:
    return ensure_internal_certificates(tmp_path / "home")


@pytest.fixture
def foreign(tmp_path: Path) -> InternalTls:
    """Another installation's."""
    return ensure_internal_certificates(tmp_path / "foreign")


async def test_those_with_a_certificate_of_the_installation_talk(signer: TokenSigner, tls: InternalTls) -> None:
    async with serving(signer, tls=tls) as address:
        assert await is_serving(address, PATIENCE, tls=tls)
        # Whatever the address is called.
        assert await is_serving(address.replace("127.0.0.1", "localhost"), PATIENCE, tls=tls)


async def test_who_has_no_certificate_of_that_authority_is_turned_away(
    signer: TokenSigner, tls: InternalTls, foreign: InternalTls
) -> None:
    async with serving(signer, tls=tls) as address:
        assert not await is_serving(address)
        assert not await is_serving(address, tls=foreign)
        # Knowing and trusting the authority is not enough.
        assert not await is_serving(address, tls=InternalTls(tls.ca, foreign.certificate, foreign.key))
        anonymous = grpc.ssl_channel_credentials(tls.ca.read_bytes())
        async with grpc.aio.secure_channel(address, anonymous, options=CHANNEL_OPTIONS) as channel:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=PATIENCE)
        assert caught.value.code() == grpc.StatusCode.UNAVAILABLE


async def test_a_client_talks_to_no_server_of_another_name_although_the_authority_is_the_same(
    signer: TokenSigner, tls: InternalTls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(tls.ca.parent, elsewhere / "secrets")
    own_files(elsewhere).certificate.unlink()
    monkeypatch.setattr("services.trust.internal_certificates.NAME", "elsewhere.internal")
    misnamed = ensure_internal_certificates(elsewhere)
    assert misnamed.ca.read_bytes() == tls.ca.read_bytes()
    async with serving(signer, tls=misnamed) as address:
        assert not await is_serving(address, tls=tls)
    with pytest.raises(SettingsError, match="Hostname mismatch"):
        internal_tls(load_settings(environment(elsewhere)))


async def test_a_client_talks_to_no_server_of_another_authority_and_to_none_without_tls(
    signer: TokenSigner, tls: InternalTls, foreign: InternalTls
) -> None:
    for impostor in (InternalTls(tls.ca, foreign.certificate, foreign.key), None):
        async with serving(signer, tls=impostor) as address:
            assert not await is_serving(address, tls=tls)


def environment(home: Path, tls: InternalTls | None = None, **others: str) -> dict[str, str]:
    files = {} if tls is None else {"CA": tls.ca, "CERTIFICATE": tls.certificate, "KEY": tls.key}
    return {
        "CHATMOUNT_HOME": str(home),
        "CHATMOUNT_INTERNAL_TLS": "on",
        **{f"CHATMOUNT_INTERNAL_{name}": str(path) for name, path in files.items()},
        **others,
    }


def test_the_setting_finds_what_the_installation_made_or_what_it_was_given(
    tmp_path: Path, tls: InternalTls, foreign: InternalTls
) -> None:
    assert internal_tls(load_settings({"CHATMOUNT_HOME": str(tmp_path / "home")})) is None
    assert internal_tls(load_settings(environment(tmp_path / "home"))) == tls
    assert internal_tls(load_settings(environment(tmp_path / "home", foreign))) == foreign
    with pytest.raises(SettingsError, match="chatmount up"):
        internal_tls(load_settings(environment(tmp_path / "nowhere")))


@pytest.mark.parametrize(
    "wrong",
    [
        {"CHATMOUNT_INTERNAL_TLS": "yes"},
        {"CHATMOUNT_INTERNAL_TLS": "off"},
        {"CHATMOUNT_INTERNAL_KEY": ""},
        {"CHATMOUNT_INTERNAL_CA": "/nowhere/ca.pem"},
    ],
    ids=str,
)
def test_half_a_setting_is_refused(tmp_path: Path, tls: InternalTls, wrong: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="CHATMOUNT_INTERNAL_"):
        load_settings(environment(tmp_path, tls, **wrong))


def test_certificates_that_could_not_work_are_refused_in_one_line(
    tmp_path: Path, tls: InternalTls, foreign: InternalTls
) -> None:
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("nonsense")
    for wrong, words in (
        (InternalTls(foreign.ca, tls.certificate, tls.key), "don't fit together"),
        (InternalTls(tls.ca, foreign.certificate, tls.key), "can't be used"),
        (InternalTls(nonsense, tls.certificate, tls.key), "can't be used"),
        (InternalTls(tls.ca, nonsense, tls.key), "can't be used"),
    ):
        with pytest.raises(SettingsError, match=words) as caught:
            internal_tls(load_settings(environment(tmp_path, wrong)))
        assert "CHATMOUNT_INTERNAL_CA" in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_certificate_of_another_name_or_time_is_refused(tmp_path: Path) -> None:
    old = ensure_internal_certificates(tmp_path / "old", lambda: 1_000_000_000.0)
    with pytest.raises(SettingsError, match="expired"):
        internal_tls(load_settings(environment(tmp_path / "old")))
    # A CA is no certificate of the installation's name, although the authority has signed it.
    misnamed = InternalTls(old.ca, old.ca, old.ca.with_suffix(".key"))
    with pytest.raises(SettingsError, match="CHATMOUNT_INTERNAL_CA"):
        internal_tls(load_settings(environment(tmp_path, misnamed)))


def test_certificates_are_made_once_and_are_their_owners_alone(tmp_path: Path) -> None:
    made = ensure_internal_certificates(tmp_path)
    content = {file: file.read_bytes() for file in made.ca.parent.iterdir()}
    assert len(content) == 4
    assert ensure_internal_certificates(tmp_path) == made == own_files(tmp_path)
    assert {file: file.read_bytes() for file in made.ca.parent.iterdir()} == content
    assert {stat.S_IMODE(file.stat().st_mode) for file in content} == {0o600}
    assert stat.S_IMODE(made.ca.parent.stat().st_mode) == 0o700


async def test_web_has_a_certificate_of_its_own_and_no_key_of_the_authority(
    signer: TokenSigner, tls: InternalTls, tmp_path: Path
) -> None:
    home = tls.ca.parents[1]
    webs = own_files(home, WEB_FOLDER)
    assert webs.key.read_bytes() != tls.key.read_bytes()
    assert {file.name for file in webs.ca.parent.iterdir()} == {"internal-ca.crt", "internal.crt", "internal.key"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in webs.ca.parent.iterdir()} == {0o600}
    assert internal_tls(load_settings(environment(home)), WEB_FOLDER) == webs
    async with serving(signer, tls=tls) as address:
        assert await is_serving(address, PATIENCE, tls=webs)


def test_a_lost_certificate_is_made_again_under_the_same_authority(tmp_path: Path) -> None:
    made = ensure_internal_certificates(tmp_path)
    before = InternalTls(made.ca, tmp_path / "old.crt", tmp_path / "old.key")
    shutil.copy(made.certificate, before.certificate)
    shutil.copy(made.key, before.key)
    authority = made.ca.read_bytes()
    made.key.unlink()
    ensure_internal_certificates(tmp_path)
    assert made.ca.read_bytes() == authority
    assert made.certificate.read_bytes() != before.certificate.read_bytes()
    for files in (made, before):
        assert internal_tls(load_settings(environment(tmp_path, files))) == files


def test_a_certificate_is_renewed_well_before_its_end(tmp_path: Path) -> None:
    began = 1_800_000_000.0
    made = ensure_internal_certificates(tmp_path, lambda: began)
    authority, first = made.ca.read_bytes(), made.certificate.read_bytes()
    ensure_internal_certificates(tmp_path, lambda: began + LIFETIME.total_seconds() - 400 * DAY)
    assert made.certificate.read_bytes() == first
    ensure_internal_certificates(tmp_path, lambda: began + LIFETIME.total_seconds() - 300 * DAY)
    assert made.certificate.read_bytes() != first
    assert made.ca.read_bytes() == authority
