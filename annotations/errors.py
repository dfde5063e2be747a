"""Named errors: a code for programs, words for people, a mend, and places."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext


class ArenaError(Exception):
    """What an action raises when it refuses. `status` is the HTTP status that a view answers with."""

    code = "error"
    status = 400

    def __init__(
        self,
        message: str,
        *,
        mend: str = "",
        code: str | None = None,
        details: Sequence[Mapping[str, Any]] = (),
        status: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.mend = mend
        self.code = code or self.code
        self.status = status or self.status
        self.details = list(details)

    def as_dict(self) -> dict[str, Any]:
        return {"code": self.code, "message": self.message, "mend": self.mend, "details": self.details}


class NotFound(ArenaError):
    code = "not_found"
    status = 404


class Conflict(ArenaError):
    code = "conflict"
    status = 409


class Forbidden(ArenaError):
    code = "forbidden"
    status = 403


class ImportRefused(ArenaError):
    """A manifest or archive with problems; `details` holds up to 100 of {row, column, reason, mend}."""

    code = "import_refused"
    status = 422
    problems: Any = None  # annotations.importing.problems.Problems: all of them, warnings too


class StudyRefused(ArenaError):
    """A study that cannot work, or a change of state that its present state does not allow."""

    code = "study_refused"
    status = 409


class PreparationFailed(ArenaError):
    """What stands in the way of a launched study's opening."""

    code = "preparation_failed"
    status = 500


class VoteRefused(ArenaError):
    """Codes: unknown_rater, unknown_assignment, foreign_assignment, study_closed, study_paused,
    already_answered, invalid_answer, invalid_report, rater_finished, nothing_to_undo."""

    code = "vote_refused"
    status = 409


def unknown_rater() -> VoteRefused:
    return VoteRefused(
        gettext("This browser is not known to the study."),
        code="unknown_rater",
        status=403,
        mend=gettext("Open the study's link again."),
    )
