"""Look at every picture that a manifest names: found, small enough, whole, still."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from annotations import blinding
from annotations.importing.parallel import in_order
from annotations.importing.problems import Problems
from annotations.importing.rows import Checked, Row
from annotations.importing.sources import NotThere, Source

# Pillow lets go of the interpreter while it decodes; more threads gain nothing and hold more pictures.
THREADS = 2


@dataclass(frozen=True)
class Limits:
    max_pixels: int
    max_bytes: int


@dataclass
class _Outcome:
    checked: Checked | None = None
    notes: tuple[str, ...] = ()
    reason: str = ""
    mend: str = ""


def check_pictures(
    rows: list[Row], source: Source, limits: Limits, problems: Problems, progress: Callable[[int, int], None]
) -> None:
    """Fill in row.image and row.reference, or say what is wrong with them."""
    wanted = [(row, column) for row in rows for column in ("image", "reference") if row.get(column)]
    seen: dict[str, _Outcome] = {}
    done = 0

    def look(job: tuple[Row, str]) -> tuple[Row, str, _Outcome]:
        row, column = job
        name = row.get(column)
        # A reference picture stands in every row of its prompt; one look is enough.
        if (known := seen.get(name)) is None:
            known = seen[name] = _look(name, source, limits)
        return row, column, known

    for row, column, outcome in in_order(wanted, look, THREADS):
        if outcome.checked is None:
            problems.error(row.number, column, outcome.reason, outcome.mend)
        elif column == "image":
            row.image = outcome.checked
        else:
            row.reference = outcome.checked
        for note in outcome.notes:
            problems.warn(row.number, column, note, "Convert the picture to sRGB if its colours matter.")
        done += column == "image"
        progress(done, len(rows))


def _look(name: str, source: Source, limits: Limits) -> _Outcome:
    try:
        entry = source.find(name)
        data = source.read(entry, limits.max_bytes)
    except NotThere as error:
        return _Outcome(reason=error.reason, mend=error.mend)
    if data is None:
        return _Outcome(
            reason=f"the file is larger than {limits.max_bytes / 1e6:,.0f} MB",
            mend="Save it smaller, or raise IMAGE_MAX_BYTES.",
        )
    if not data:
        return _Outcome(reason="the file is empty", mend="Copy or make the file again.")
    try:
        facts = blinding.inspect(data, max_pixels=limits.max_pixels)
    except blinding.UnreadablePicture as error:
        return _Outcome(reason=error.reason, mend=error.mend)
    sha256 = hashlib.sha256(data).hexdigest()
    return _Outcome(
        Checked(entry, sha256, facts.format, facts.width, facts.height, len(data)), tuple(facts.notes)
    )
