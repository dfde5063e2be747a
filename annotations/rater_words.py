"""Words that raters meet: answers with their keys, states of the study, refusals."""

from collections.abc import Iterable
from dataclasses import dataclass

STEPS = ["Consent", "How it works", "Voting"]


@dataclass(frozen=True)
class Message:
    title: str
    message: str
    mend: str = ""
    link_text: str = "Look again"


@dataclass(frozen=True)
class Answer:
    value: str
    label: str
    meaning: str
    cap: str
    other: str
    shortcut: str


# In the order in which they are drawn: what leads to the left stands left.
ANSWERS = (
    Answer("left", "A is better", "Picture A, the left or upper one.", "←", "1", "ArrowLeft 1"),
    Answer("tie", "Tie", "Neither is better than the other.", "↑", "0", "ArrowUp 0"),
    Answer("both_bad", "Both bad", "Neither is acceptable.", "↓", "9", "ArrowDown 9"),
    Answer("right", "B is better", "Picture B, the right or lower one.", "→", "2", "ArrowRight 2"),
)


def answers(allowed: Iterable[str]) -> list[Answer]:
    wanted = set(allowed)
    return [answer for answer in ANSWERS if answer.value in wanted]


UNKNOWN_LINK = Message(
    "This link leads nowhere",
    "No study is known under this address.",
    "Check that the whole link was copied, or ask the people who sent it to you for a new one.",
)
NOT_STARTED = Message(
    "The study has not started yet",
    "You are early: the study behind this link is still being prepared.",
    "Come back later with the same link.",
)
NOT_OPEN = Message(
    "This link takes no new people",
    "The study still runs, but this way into it has been closed.",
    "Ask the people who sent you the link whether there is another one.",
)
DECLINED = Message(
    "That is all right",
    "You did not agree, so nothing begins and nothing about you has been stored. You can close this page.",
    "",
    "Read the text again",
)
NO_COOKIE = Message(
    "Your browser refuses cookies",
    "One cookie is needed to remember where you were; without it each answer would come from a stranger.",
    "Allow cookies for this site, then open the link again.",
    "Try again",
)
NOTHING_FREE = Message(
    "One moment",
    "Other raters hold the last pictures just now, and one of them may come back to you.",
    "Look again in a minute or two.",
)
PAGES = {
    "panel_closed": NOT_OPEN,
    "study_not_open": NOT_STARTED,
    "not_finished": Message(
        "There is still something to answer",
        "The completion code comes after the last picture.",
        "Your answers so far are stored.",
        "Back to voting",
    ),
    "study_paused": Message(
        "The study is paused",
        "Nothing is lost: every answer that you gave is stored.",
        "Come back later with the same link on this device; you go on where you were.",
    ),
    "study_closed": Message(
        "The study is closed",
        "No more answers are taken. Thank you for the ones that you gave: they are stored.",
    ),
}
# One line above the next assignment, chosen by code: nothing from the address is ever shown.
NOTICES = {
    "undone": "The last answer was taken back.",
    "already_answered": "You had answered that one already. The earlier answer stands; here is the next.",
    "lease_expired": "That one had been open for too long and went to someone else. Here is the next.",
    "unknown_assignment": "That one is no longer open. Here is the next.",
    "foreign_assignment": "That one belongs to another session. Here is the next.",
    "invalid_answer": "Please answer every question before you confirm.",
    "nothing_to_undo": "There is nothing to undo any more.",
    "rater_finished": "You have finished this study; no more answers are needed.",
}
