"""Studies of the same generators over time: choosing them, their common scale, and whether it holds."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from annotations.errors import NotFound
from annotations.views.access import study_or_404
from arena.analytics.trend_result import TrendResult
from arena.results import charts, trend_choice
from arena.results.charts.trends import strengths_table
from arena.results.export import trend_rows
from arena.results.export.writers import CONTENT_TYPES, FORMATS, stream
from arena.results.labels import EXCLUSION_LABELS, SIMULATED_LABELS, plural
from arena.results.software import version
from arena.results.trend_choice import Asked, Candidate, asked, candidates
from arena.results.trend_words import drift_words, pooled_table, studies_table
from arena.results.trends import TrendsFound, note_look, trends_of
from arena.results.views.access import analyst_required
from arena.results.views.page import FORMAT_LABELS, Field


@dataclass(frozen=True)
class Choice:
    """A study in the list to choose from."""

    candidate: Candidate
    chosen: bool
    shared: int
    stated: str


@analyst_required
def page(request: HttpRequest) -> HttpResponse:
    known = candidates()
    wanted = asked(request.GET, known)
    if trend_choice.OFFERED in request.GET:
        return redirect(reverse("trends") + wanted.query)
    context: dict[str, object] = {
        "nav": "studies",
        "asked": wanted,
        "choices": _choices(known, wanted),
        "fields": _fields(wanted),
        "suggestion": _suggestion(known, wanted),
        "most": trend_choice.MOST,
        "offered": trend_choice.OFFERED,
    }
    if wanted.members:
        note_look(wanted, request.user)
        context |= _answer(trends_of(wanted))
    return render(request, "results/trends.html", context)


@analyst_required
def of_study(request: HttpRequest, pid: str) -> HttpResponse:
    """The study, with the others that share enough generators with it."""
    study = study_or_404(pid)
    keys = trend_choice.related(study.public_id, candidates())
    return redirect(f"{reverse('trends')}?{urlencode([('study', key) for key in keys])}")


@analyst_required
def export(request: HttpRequest, fmt: str) -> StreamingHttpResponse:
    if fmt not in FORMATS:
        raise NotFound(f"There is no export trends.{fmt[:20]}.", mend=f"Choose {', '.join(FORMATS)}.")
    wanted = asked(request.GET, candidates())
    if not wanted.members:
        raise NotFound("No study is chosen.", mend="Choose studies on the page first.")
    note_look(wanted, request.user)
    rows = trend_rows.rows(trends_of(wanted))
    response = StreamingHttpResponse(
        stream(fmt, trend_rows.TRENDS.columns, rows), content_type=CONTENT_TYPES[fmt]
    )
    response["Content-Disposition"] = f'attachment; filename="trends.{fmt}"'
    return response


def _answer(found: TrendsFound) -> dict[str, object]:
    result, wanted = found.result, found.asked
    drawn = [charts.strengths_over_time(result, found.times), charts.moves(result)]
    return {
        "found": found,
        # What stands on saved charts and tables.
        "study": {"name": ", ".join(member.candidate.label for member in wanted.members)},
        "page": {"filter_words": "; ".join(wanted.words())},
        "counts": found.total,
        "warnings": [*_imported(wanted), *result.warnings],
        "drift": drift_words(result),
        "steady": _steady(result, wanted),
        "charts": list(filter(None, drawn)),
        # Where nothing is drawn, the numbers stand alone.
        "strengths": None if drawn[0] or not len(result.strengths) else strengths_table(result),
        "studies": studies_table(found, _addresses(wanted)),
        "pooled": pooled_table(result) if result.pooled.fit is not None else None,
        "pooled_reason": " ".join(result.pooled.warnings),
        "downloads": [
            (label, reverse("trends-export", args=[fmt]) + wanted.query)
            for fmt, label in FORMAT_LABELS.items()
        ],
        "method_lines": _method_lines(found),
    }


def _steady(result: TrendResult, wanted: Asked) -> dict[str, str] | None:
    """The same page with a scale that those who moved do not carry."""
    frame = result.by_generator
    still = () if frame.empty else tuple(str(name) for name in frame.loc[frame["reference"], "generator"])
    if len(still) < 2 or set(still) == set(result.anchors):
        return None
    return {"url": reverse("trends") + replace(wanted, anchors=still).query}


def _addresses(wanted: Asked) -> dict[str, str]:
    return {
        member.candidate.key: reverse("results", args=[member.candidate.pid])
        + f"?{urlencode({'block': member.candidate.block.key})}"
        for member in wanted.members
    }


def _imported(wanted: Asked) -> list[str]:
    names = [m.candidate.label for m in wanted.members if m.candidate.imported and not m.stated]
    if not names:
        return []
    return [
        f"Votes made elsewhere carry the time of their import ({', '.join(names)}): state the day they were "
        "made under “Choose studies”."
    ]


def _method_lines(found: TrendsFound) -> list[tuple[str, str]]:
    counts = found.total
    left_out = []
    if counts.excluded_votes:
        left_out.append(plural(counts.excluded_votes, "vote") + " of excluded raters")
    if counts.simulated_votes_left_out:
        left_out.append(plural(counts.simulated_votes_left_out, "simulated vote"))
    return [
        ("Method", found.result.method),
        (
            "Scale",
            "The generators that carry it have a mean of 1,000 in each study; 400 points for odds of 10 to 1",
        ),
        (
            "Drift",
            "Wald test of studies × generators, approximate F (Krishnamoorthy & Yu 2004); raters of "
            "different studies are taken as different people",
        ),
        ("Counted", f"{plural(counts.votes, 'vote')} by {plural(counts.raters, 'rater')}"),
        ("Left out", "; ".join(left_out) or "Nothing"),
        ("Filter", "; ".join(found.asked.words())),
        ("Software", f"Arena {version()}"),
    ]


def _choices(known: Iterable[Candidate], wanted: Asked) -> list[Choice]:
    """Chosen ones first, then those that share most with them."""
    stated = {m.candidate.key: m.stated for m in wanted.members}
    own = [m.candidate for m in wanted.members]
    made = [Choice(c, c.key in stated, c.shared_with(own), stated.get(c.key, "")) for c in known]
    return sorted(made, key=lambda c: (not c.chosen, -c.shared))


def _suggestion(known: list[Candidate], wanted: Asked) -> dict[str, object] | None:
    """Studies that would link up: around the one chosen, or the largest group where none is."""
    if len(wanted.members) > 1:
        return None
    keys = (
        trend_choice.related(wanted.members[0].candidate.pid, known)
        if wanted.members
        else trend_choice.suggested(known)
    )
    if len(keys) < 2:
        return None
    labels = {candidate.key: candidate.label for candidate in known}
    return {
        "labels": [labels[key] for key in keys],
        "url": f"{reverse('trends')}?{urlencode([('study', key) for key in keys])}",
    }


def _fields(wanted: Asked) -> list[Field]:
    fields = [
        Field("simulated", "Simulated votes", list(SIMULATED_LABELS.items()), wanted.simulated),
        Field("exclusions", "Excluded raters", list(EXCLUSION_LABELS.items()), wanted.exclusions),
    ]
    if len(wanted.categories) > 1:
        options = [("", "All categories"), *((name, name) for name in wanted.categories)]
        fields.append(Field("category", "Category", options, wanted.category))
    return fields
