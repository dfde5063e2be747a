"""Words that raters meet: answers with their keys, states of the study, refusals."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

STEPS = [_("Consent"), _("How it works"), _("Voting")]


@dataclass(frozen=True)
class Message:
    title: str
    message: str
    mend: str = ""
    link_text: str = _("Look again")


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
    Answer("left", _("A is better"), _("Picture A, the left or upper one."), "←", "1", "ArrowLeft 1"),
    Answer("tie", _("Tie"), _("Neither is better than the other."), "↑", "0", "ArrowUp 0"),
    Answer("both_bad", _("Both bad"), _("Neither is acceptable."), "↓", "9", "ArrowDown 9"),
    Answer("cannot_judge", _("Can't judge"), _("You cannot tell from these pictures."), "J", "J", "J"),
    Answer("right", _("B is better"), _("Picture B, the right or lower one."), "→", "2", "ArrowRight 2"),
)


GRADED = (
    Answer("much_left", _("A much better"), _("The difference is plain to see."), "1", "1", "1"),
    Answer(
        "left", _("A slightly better"), _("There is a difference, and it is small."), "2", "←", "2 ArrowLeft"
    ),
    Answer("tie", _("Equal"), _("Neither is better than the other."), "3", "↑", "3 ArrowUp"),
    Answer(
        "right",
        _("B slightly better"),
        _("There is a difference, and it is small."),
        "4",
        "→",
        "4 ArrowRight",
    ),
    Answer("much_right", _("B much better"), _("The difference is plain to see."), "5", "5", "5"),
    Answer("both_bad", _("Both bad"), _("Neither is acceptable."), "9", "↓", "9 ArrowDown"),
    Answer("cannot_judge", _("Can't judge"), _("You cannot tell from these pictures."), "J", "J", "J"),
)


def answers(allowed: Iterable[str], *, graded: bool = False) -> list[Answer]:
    wanted = set(allowed)
    return [answer for answer in (GRADED if graded else ANSWERS) if answer.value in wanted]


UNKNOWN_LINK = Message(
    _("This link leads nowhere"),
    _("No study is known under this address."),
    _("Check that the whole link was copied, or ask the people who sent it to you for a new one."),
)
NOT_STARTED = Message(
    _("The study has not started yet"),
    _("You are early: the study behind this link is still being prepared."),
    _("Come back later with the same link."),
)
NOT_OPEN = Message(
    _("This link takes no new people"),
    _("The study still runs, but this way into it has been closed."),
    _("Ask the people who sent you the link whether there is another one."),
)
NO_COOKIE = Message(
    _("Your browser refuses cookies"),
    _("One cookie is needed to remember where you were; without it each answer would come from a stranger."),
    _("Allow cookies for this site, then open the link again."),
    _("Try again"),
)
OUT_OF_DATE = Message(
    _("This page is out of date"),
    _("Nothing was changed, and what you had answered is stored."),
    _("Open the page again and send it once more. Cookies of this site must be allowed."),
    _("Open it again"),
)
NOTHING_FREE = Message(
    _("One moment"),
    _("Other raters hold the last pictures just now, and one of them may come back to you."),
    _("Look again in a minute or two."),
)
PAGES = {
    "panel_closed": NOT_OPEN,
    "study_not_open": NOT_STARTED,
    "not_finished": Message(
        _("There is still something to answer"),
        _("The completion code comes after the last picture."),
        _("Your answers so far are stored."),
        _("Back to voting"),
    ),
    "study_paused": Message(
        _("The study is paused"),
        _("Nothing is lost: every answer that you gave is stored."),
        _("Come back later with the same link on this device; you go on where you were."),
    ),
    "study_closed": Message(
        _("The study is closed"),
        _("No more answers are taken. Thank you for the ones that you gave: they are stored."),
    ),
}
# One line above the next assignment, chosen by code: nothing from the address is ever shown.
NOTICES = {
    "undone": _("The last answer was taken back."),
    "already_answered": _("You had answered that one already. The earlier answer stands; here is the next."),
    "unknown_assignment": _("That one is no longer open. Here is the next."),
    "foreign_assignment": _("That one belongs to another session. Here is the next."),
    "invalid_answer": _("Please answer every question before you confirm."),
    "nothing_to_undo": _("There is nothing to undo any more."),
    "rater_finished": _("You have finished this study; no more answers are needed."),
}
