"""kill -9 at any step of a changeover: all is found after the restart.

Every third step is tried, all of them with `--size 1`.
"""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

from services.trust.principal_tokens import TokenSigner
from tests.retrieval.changed_model import OTHER, is_served_by, other_embedder
from tests.retrieval.retrieval_harness import serving
from tests.retrieval.test_changeover import BOT, faults
from tests.retrieval.word_embedder import WordEmbedder
from tests.waiting import until

TEXTS = {f"Parking {number} is free." for number in range(2)}


async def test_no_step_of_a_changeover_is_a_bad_moment_to_be_killed_at(
    tmp_path: Path, signer: TokenSigner, size: Callable[[int], int]
) -> None:
    home = tmp_path / "home"
    async with serving(home, signer, WordEmbedder()) as retrieval:
        for text in sorted(TEXTS):
            await retrieval.add(BOT, text, f"{text[8]}.txt")
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.retrieval.changing_child", str(home), str(size(3))
    )
    assert await child.wait() == 0
    steps = sorted((one for one in tmp_path.iterdir() if one.name.isdigit()), key=lambda one: int(one.name))
    assert len(steps) > 9 // size(3)
    assert is_served_by(steps[-1], OTHER)
    for killed in steps[:-1]:
        async with serving(killed, signer, other_embedder()) as retrieval:
            assert set(await retrieval.texts(BOT, "parking")) == TEXTS, killed.name
            await until(lambda: is_served_by(killed, OTHER))  # noqa: B023 - it is done with when this turn ends
            assert set(await retrieval.texts(BOT, "parking")) == TEXTS, killed.name
            assert await faults(retrieval) == [], killed.name
