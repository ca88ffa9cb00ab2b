"""`bot_x/unanswered`: questions that got the fallback text; what is decided on one."""

from aiohttp import web
from chatmount.chat.v1 import chat_pb2 as pb

from services.errors import ChatmountError
from services.web.dashboard.forms import Form
from services.web.dashboard.found import find
from services.web.dashboard.pairs import put_pair
from services.web.dashboard.parts import part
from services.web.dashboard.unanswered import BY_NAME, STATES, Listed, Question, State
from services.web.dashboard.visit import PAGE_SIZE, Visit

OPEN, ANSWERED, NOT_OURS = STATES
_NOTICES = {OPEN: "question-open", NOT_OURS: "question-not-ours"}


async def show(visit: Visit) -> web.Response:
    """The list of those in a state; a state that there is not means the open ones."""
    state = BY_NAME.get(visit.request.query.get("state", ""), OPEN)
    return visit.page("unanswered/list.html", listed=await part(_listed(visit, state)), state=state, states=STATES)


async def ask(visit: Visit, form: Form | None = None) -> web.Response:
    """`unanswered/unq_x`: the question, what is found for it now, and the form of its answer."""
    question = await part(_question(visit))
    found = await part(find(visit, question.value.question)) if question else None
    if form is None and question:
        form = Form.of(question=question.value.question)
    form = form or Form()
    return visit.page("unanswered/one.html", status=form.status, form=form, question=question, found=found)


async def answer(visit: Visit) -> web.Response:
    """Makes a pair of it, and the question an answered one."""
    form = await visit.form()
    try:
        await _question(visit)
        await put_pair(visit, form)
        await _decide(visit, ANSWERED)
    except ChatmountError as refused:
        return await ask(visit, form.refused(refused))
    return visit.see(visit.frame.path, done="question-answered")


async def decide(visit: Visit) -> web.Response:
    """`unanswered/unq_x/state`: that it is not ours, or open again."""
    state = BY_NAME.get((await visit.form()).get("state"))
    if state not in _NOTICES:
        raise web.HTTPBadRequest(text="state must be open or not-ours.")
    await _decide(visit, state)
    return visit.see(f"{visit.chatbot.path}unanswered", done=_NOTICES[state])


async def back(visit: Visit) -> web.Response:
    """For whoever comes back to the path of a form that has no page of its own."""
    return visit.see(f"{visit.chatbot.path}unanswered/{_question_id(visit)}")


async def _listed(visit: Visit, state: State) -> Listed:
    request = pb.ListUnansweredRequest(state=state.value, page_size=PAGE_SIZE, page_token=visit.page_token)
    page = await visit.call(visit.services.reviews.ListUnanswered, request)
    return Listed(list(map(Question.of, page.questions)), page.next_page_token)


async def _question(visit: Visit) -> Question:
    request = pb.GetUnansweredRequest(question_id=_question_id(visit))
    return Question.of((await visit.call(visit.services.reviews.GetUnanswered, request)).question)


async def _decide(visit: Visit, state: State) -> None:
    request = pb.ResolveUnansweredRequest(question_id=_question_id(visit), state=state.value)
    await visit.call(visit.services.reviews.ResolveUnanswered, request)


def _question_id(visit: Visit) -> str:
    return visit.request.match_info["question_id"]
