"""What is wrong with an import, all of it at once: row, column, reason, mend."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

SHOWN = 100
# Beyond this, nobody reads; the count goes on.
KEPT = 50_000

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Problem:
    """`row` is as in the file: a CSV's header is row 1, a JSONL's first object is row 1."""

    row: int | None
    column: str
    reason: str
    mend: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass
class Problems:
    """Errors refuse the import; warnings don't."""

    errors: list[Problem] = field(default_factory=list)
    error_count: int = 0
    warnings: list[Problem] = field(default_factory=list)
    warning_count: int = 0

    def error(self, row: int | None, column: str, reason: str, mend: str) -> None:
        self.error_count += 1
        if len(self.errors) < KEPT:
            self.errors.append(Problem(row, column, _clean(reason), _clean(mend)))

    def warn(self, row: int | None, column: str, reason: str, mend: str) -> None:
        self.warning_count += 1
        if len(self.warnings) < KEPT:
            self.warnings.append(Problem(row, column, _clean(reason), _clean(mend)))

    def first(self, count: int = SHOWN) -> list[dict[str, Any]]:
        """The first by row; what concerns the whole file comes before."""
        ordered = sorted(self.errors, key=lambda problem: (problem.row is not None, problem.row or 0))
        return [problem.as_dict() for problem in ordered[:count]]

    def first_warnings(self, count: int = SHOWN) -> list[dict[str, Any]]:
        return [problem.as_dict() for problem in self.warnings[:count]]


class Unreadable(Exception):
    """The manifest or archive as a whole cannot be read; there are no rows to look at."""

    def __init__(self, reason: str, mend: str, column: str = "", row: int | None = None) -> None:
        super().__init__(reason)
        self.reason, self.mend, self.column, self.row = reason, mend, column, row


def short(value: object, length: int = 80) -> str:
    """A value as it may stand in a sentence: one line, not too long, printable."""
    text = _clean(str(value))
    return text if len(text) <= length else text[: length - 1] + "…"


def _clean(text: str) -> str:
    # Names come from strangers' files: no control characters, and nothing that a database cannot keep.
    return "".join(c if c.isprintable() else "�" for c in text.replace("\n", " "))[:600]
