"""The four-pillar verdict: a claim stands on sample quality, adherence, preference and failure analysis."""

from dataclasses import dataclass

from annotations.models import PanelKind, Protocol, Study
from arena.results.failures import ENOUGH_IMAGES, failures
from arena.results.filters import Filters, choices
from arena.results.labels import plural
from arena.results.rankings import ranking
from scoring.models import MetricKind, Score, ScoreState, SetScore

ENOUGH_SAMPLES = 50


@dataclass(frozen=True)
class Pillar:
    name: str
    holds: bool
    found: str
    missing: str


def pillars(study: Study, per_block: dict[str, Filters]) -> list[Pillar]:
    """Each pillar with what there is and, where it does not hold, what is missing."""
    return [
        _quality(study),
        _adherence(study),
        _preference(study, per_block),
        _failure_analysis(study, per_block),
    ]


def _quality(study: Study) -> Pillar:
    name = "Sample quality"
    rows = SetScore.objects.filter(study=study, metric__active=True, state=ScoreState.DONE)
    if not rows.exists():
        return Pillar(name, False, "No set score.", "Score each generator's set against a reference set.")
    fewest = min(row.n for row in rows)
    found = f"{rows.values('metric').distinct().count()} set metric(s); the smallest set has {fewest} images."
    if without := _without(study, set(rows.values_list("generator__name", flat=True))):
        return Pillar(name, False, found, f"No set score yet of {without}.")
    need = f"At least {ENOUGH_SAMPLES} images in every set; the metrics' own warnings may ask for more."
    return Pillar(name, fewest >= ENOUGH_SAMPLES, found, "" if fewest >= ENOUGH_SAMPLES else need)


def _adherence(study: Study) -> Pillar:
    name = "Prompt adherence"
    rows = Score.objects.filter(
        image__study=study,
        state=ScoreState.DONE,
        metric__kind=MetricKind.IMAGE,
        metric__name__startswith="clip_score",
        metric__active=True,
    )
    # An image counts once, however many such metrics have scored it.
    scored = rows.order_by().values_list("image__generator__name", "image").distinct()
    counts: dict[str, int] = {}
    for generator, _image in scored:
        counts[generator] = counts.get(generator, 0) + 1
    if not counts:
        return Pillar(name, False, "No alignment score.", "Score prompt adherence (CLIP score).")
    fewest = min(counts.values())
    shapes = rows.filter(metric__extractor__startswith="shapes-clip").count() == rows.count()
    found = f"Scored images per generator: {fewest} or more."
    if shapes:
        return Pillar(
            name, False, found, "The built-in model knows coloured shapes only: score with a general CLIP."
        )
    if without := _without(study, set(counts)):
        return Pillar(name, False, f"{found} Others have none.", f"No alignment score yet of {without}.")
    need = f"At least {ENOUGH_SAMPLES} scored images per generator."
    return Pillar(name, fewest >= ENOUGH_SAMPLES, found, "" if fewest >= ENOUGH_SAMPLES else need)


def _without(study: Study, scored: set[str]) -> str:
    """The generators with images in the study of which nothing is scored."""
    names = set(study.images.values_list("generator__name", flat=True))
    return ", ".join(sorted(names - scored))


def _preference(study: Study, per_block: dict[str, Filters]) -> Pillar:
    name = "Human preference"
    for key, filters in per_block.items():
        if not choices(study, key).is_ranked:
            continue
        if _of_judges(study, filters):
            return Pillar(name, False, "Votes of automated judges alone.", "Votes by people.")
        found = ranking(study, filters)
        if not found.result.n_votes:
            return Pillar(name, False, "No votes.", "Collect votes.")
        said = f"{plural(found.counts.votes, 'vote')} by {plural(found.counts.raters, 'rater')}."
        if found.counts.simulated_votes:
            return Pillar(name, False, said, "Votes by people: some counted here are simulated.")
        return Pillar(name, not found.preliminary, said, found.preliminary)
    return Pillar(name, False, "No block compares generators.", "Ask pairs, best-of-N or rankings.")


def _failure_analysis(study: Study, per_block: dict[str, Filters]) -> Pillar:
    name = "Failure analysis"
    for key, filters in per_block.items():
        if choices(study, key).protocol != Protocol.FAILURE_REVIEW:
            continue
        if _of_judges(study, filters):
            return Pillar(name, False, "Reviews of automated judges alone.", "Reviews by people.")
        found = failures(study, filters)
        if not found.rates:
            return Pillar(name, False, "No reviews yet.", "Collect failure reviews.")
        fewest = min(rate.images for rate in found.rates)
        said = f"{fewest} or more reviewed images per generator."
        return Pillar(name, fewest >= ENOUGH_IMAGES, said, found.preliminary)
    return Pillar(name, False, "No failure review.", f"Review {ENOUGH_IMAGES} images of each generator.")


def _of_judges(study: Study, filters: Filters) -> bool:
    """No panel asked for means people."""
    return study.panels.filter(public_id=filters.panel, kind=PanelKind.JUDGE).exists()
