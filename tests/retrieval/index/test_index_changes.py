"""Passages that are removed, replaced and switched off, in every implementation of the Index interface."""

from dataclasses import replace

from services.ids import new_id
from services.retrieval.index.index import Index, PassageEntry, VersionState
from tests.retrieval.index.index_contract import (
    EMBEDDER,
    ENCODER,
    add,
    entry,
    found,
    lexical,
    query,
)


async def test_a_removed_version_is_gone_and_others_stay(index: Index) -> None:
    await add(index, "bot_a", "v1", "Old text about parking.")
    kept = await add(index, "bot_a", "v2", "New text about parking.")
    await index.remove(["v1", "never-there"])
    assert await found(index, "bot_a", "parking") == set(kept)
    assert await index.versions() == {"v2": VersionState(1, True)}


async def test_a_disabled_version_is_not_found_nor_counted(index: Index) -> None:
    off = await add(index, "bot_a", "v1", "Parking costs nothing.", "Parking is outside.")
    on = await add(index, "bot_a", "v2", "Parking is inside.")
    await index.set_enabled("bot_a", ["v1"], False)
    word = ENCODER.query("parking").words
    assert await found(index, "bot_a", "parking") == set(on)
    assert await index.sentences("bot_a", off) == {}
    alone = await index.rarity("bot_a", word)
    assert await index.versions() == {"v1": VersionState(2, False), "v2": VersionState(1, True)}
    assert await index.versions(["v1", "v3"]) == {"v1": VersionState(2, False)}
    await index.set_enabled("bot_a", ["v1"], True)
    assert await found(index, "bot_a", "parking") == {*on, *off}
    assert await index.rarity("bot_a", word) != alone


async def test_switching_a_version_touches_no_other_chatbot_and_no_question(index: Index) -> None:
    theirs = await add(index, "bot_b", "v1", "Parking is outside.")
    vector = await EMBEDDER.embed_query("Where do I park?")
    await index.add_question("bot_a", "v1", new_id("qa"), {"": vector})
    await index.set_enabled("bot_a", ["v1"], False)
    assert await found(index, "bot_b", "parking") == set(theirs)
    assert len(await index.nearest_questions("bot_a", vector, 5)) == 1


async def test_adding_an_id_again_replaces_it(index: Index) -> None:
    first = await entry("Opening hours are nine to five.")
    await index.add_passages("bot_a", "v1", [first])
    second = await entry("Lost property is kept for a year.")
    await index.add_passages("bot_a", "v1", [PassageEntry(first.id, second.words, second.vector, second.sentences)])
    assert (await index.versions())["v1"] == VersionState(1, True)
    scores = lexical(await index.candidates("bot_a", [await query("lost property")], 10))
    assert scores[first.id] > 0


async def test_makeshift_entries_can_be_removed(index: Index) -> None:
    kept = await add(index, "bot_a", "v1", "Parking is free.")
    wordy = await entry("Parking is dear.", vectors=False)
    await index.add_passages("bot_a", "v2", [replace(wordy, is_makeshift=True)])
    vector = await EMBEDDER.embed_query("Where do I park?")
    await index.add_question("bot_a", "v3", new_id("qa"), {"": vector})
    assert len((await index.candidates("bot_a", [await query("parking")], 10)).ids) == 2
    await index.remove_makeshift()
    assert (await index.candidates("bot_a", [await query("parking")], 10)).ids == tuple(kept)
    assert set(await index.versions()) == {"v1", "v3"}
