"""Lists, steps, commands and tables in answers made of the passages' own sentences."""

from tests.chat.extractive_pages import KEYS_PAGE, answer, passage


async def test_a_how_to_question_gets_the_sentence_and_its_command_whole() -> None:
    text, _ = await answer("How do I rotate a key?", passage(KEYS_PAGE, {"To rotate": 0.8}))
    assert text == KEYS_PAGE.removesuffix("\n\nThe key keeps its name.")


async def test_a_command_that_answers_brings_the_sentence_before_it() -> None:
    text, _ = await answer("chatmount key list", passage(KEYS_PAGE, {"key list": 0.8}))
    assert text.endswith("    chatmount key list --bot BOT_ID\n    chatmount key rotate KEY_ID")
    assert text.startswith("The old secret")


async def test_other_questions_get_no_command() -> None:
    text, _ = await answer("When does the old secret stop working?", passage(KEYS_PAGE, {"old secret": 0.8}))
    assert text == "The old secret stops working at once."


async def test_an_introduction_comes_with_its_list() -> None:
    page = "What to bring to the desk:\n\n- your passport\n- a photo\n- the fee of 20 euros\n\nWe open at nine."
    text, _ = await answer("What do I have to bring?", passage(page, {"bring": 0.8}))
    assert text == page.removesuffix("\n\nWe open at nine.")


async def test_an_introduction_whose_list_is_not_there_is_not_said() -> None:
    page = passage("You have to bring the following:", {"bring": 0.9})
    other = passage("Please bring your passport to the desk.", {"passport": 0.5})
    assert (await answer("What do I have to bring?", page, other))[0] == "Please bring your passport to the desk."


async def test_steps_come_together_and_an_item_alone_comes_without_its_mark() -> None:
    page = "To pay:\n\n1. Open the app.\n2. Choose your card.\n3. Press the button."
    assert (await answer("How do I pay?", passage(page, {"Choose": 0.8})))[0] == page
    assert (await answer("Which card?", passage(page, {"Choose": 0.8})))[0] == "Choose your card."


async def test_headings_stubs_and_questions_are_not_answers() -> None:
    page = "Opening hours of the shop\n\nWhen is the shop open?\n\n- Shop\n\nDoors open at nine in the morning."
    scores = {"Opening": 0.9, "When": 0.9, "- Shop": 0.9, "Doors": 0.2}
    assert (await answer("When is the shop open?", passage(page, scores)))[0] == "Doors open at nine in the morning."


async def test_the_sentence_after_a_question_in_the_page_is_its_answer() -> None:
    page = "Can I bring my dog? Yes, on a leash. Horses stay outside. Cats stay outside too."
    scores = {"dog": 0.9, "leash": 0.1, "Horses": 0.4}
    assert (await answer("May my dog come along?", passage(page, scores)))[0] == "Yes, on a leash."


async def test_rows_of_a_table_stand_on_lines_of_their_own() -> None:
    page = "Day: Monday; Open: 9 to 5\nDay: Tuesday; Open: 9 to 6"
    text, _ = await answer("When is it open?", passage(page, {"Day": 0.8}))
    assert text == page


async def test_an_item_of_a_list_is_a_sentence_without_spaces_too() -> None:
    page = passage("- 返品は三十日以内に受け付けます\n- 送料はお客様の負担です", {"返品": 0.8}, vectors=False)
    assert (await answer("返品はいつまで？", page))[0] == "返品は三十日以内に受け付けます"
