"""Texts of the dashboard that stand in more than one place."""

from collections.abc import Mapping

SIGN_IN_PATH = "/dashboard/sign-in"
HOME_PATH = "/dashboard/"

# A page that was sent here after a change says what was done. The address holds the name and not the text: nobody can
# put words of their own into a page.
NOTICES: Mapping[str, str] = {
    "account-created": "The account was created. Invite its first owner.",
    "apps-off": "Apps can't embed the chat any more. Sites on the list still can.",
    "apps-on": "Apps can embed the chat now, and so can every website.",
    "chatbot-created": "The chatbot was created. Give it sources to answer from.",
    "chatbot-deleted": "The chatbot was deleted with all that belonged to it.",
    "chatbot-off": "The chatbot is off. Its API keys are refused, and its widget is gone.",
    "chatbot-on": "The chatbot is on.",
    "conversation-deleted": "The conversation was deleted.",
    "conversations-deleted": "All conversations were deleted.",
    "credits-granted": "The credits were granted.",
    "files-added": "The files were added. They answer as soon as they are read.",
    "key-revoked": "The API key was revoked. It does not work any more.",
    "invitation-withdrawn": "The invitation was withdrawn. Its link works no more.",
    "member-removed": "The person is no member any more.",
    "pair-removed": "The pair was removed.",
    "pair-saved": "The pair was saved. It answers from now on.",
    "password-changed": "The password was changed. All other sessions have ended.",
    "plan-changed": "The plan was changed.",
    "question-answered": "The answer was saved. It is given from now on.",
    "question-not-ours": "The question is not ours. It stays out of this list when it is asked again.",
    "question-open": "The question is open again.",
    "saved": "Saved.",
    "session-ended": "The session has ended.",
    "sessions-ended": "All other sessions have ended.",
    "signed-out": "You have signed out.",
    "site-added": "The site is listed. The chat answers there from now on.",
    "site-removed": "The site is off the list. The chat does not answer there any more.",
    "source-off": "The source is off. No answer rests on it any more.",
    "source-on": "The source is on.",
    "source-removed": "The source was removed.",
    "text-added": "The text was added. It answers as soon as it is read.",
    "user-disabled": "The person can't sign in any more.",
    "user-enabled": "The person can sign in again.",
    "widget-off": "The widget is off. The chat does not appear anywhere.",
    "widget-on": "The widget is on.",
    "widget-renewed": "The widget has a new id. Put the new snippet into every page.",
}

# By HTTP status: the heading of a page that says why there is nothing else.
HEADINGS: Mapping[int, str] = {
    400: "That could not be read",
    401: "Please sign in",
    403: "That is not yours to do",
    404: "There is nothing here",
    405: "That can't be done here",
    409: "That does not fit any more",
    413: "That is too large",
    415: "That could not be read",
    429: "A little too often",
    500: "Something went wrong on our side",
    503: "One moment",
    504: "That took too long",
}
LINK_ENDED = "This link has ended"
OTHERWISE = "That did not work"

MISSING = (
    "The page is gone, never was, or belongs to an account that you are not a member of. "
    "If somebody gave you the address, ask them to invite you."
)
