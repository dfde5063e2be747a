"""Niches: made and revised by version, calibrated once, chosen for a study."""

import hashlib
import json
from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify

from annotations.actions import audit
from annotations.errors import NotFound
from annotations.models import Image, Source, Study
from scoring.actions.niche_terms import Part, checked, unfit
from scoring.errors import ScoringRefused
from scoring.metrics.composite import quantile_grid
from scoring.models import Niche, NicheTerm, NicheVersion, ReferenceSet, StudyNiche
from scoring.selectors import niches as selectors

CALIBRATE = "niche_calibrated"


def create(
    *,
    name: str,
    parts: Sequence[Part],
    population: Study | None,
    description: str = "",
    reference_set: ReferenceSet | None = None,
    actor: audit.Actor = None,
) -> NicheVersion:
    """A niche with its first version. `population` is the study whose scores calibrate it; None for all
    images scored here. Calibrated at once where the population is scored, else by the worker that ends its
    scoring."""
    name = " ".join(name.split())[:200]
    if not name:
        raise unfit("The niche needs a name.", "Give it a name.")
    terms = checked(parts)
    owner = audit.user_of(actor)
    try:
        with transaction.atomic():
            niche = Niche.objects.create(
                name=name,
                slug=_slug(name),
                description=description.strip(),
                reference_set=reference_set,
                owner=owner,
            )
            version = _version(niche, terms, population, "", actor)
    except IntegrityError as error:
        raise ScoringRefused(
            f"There is a niche called “{name}” already.", mend="Revise it, or choose another name."
        ) from error
    _calibrate_if_scored(version)
    return version


def revise(
    *,
    niche: Niche,
    parts: Sequence[Part],
    population: Study | None,
    reason: str = "",
    actor: audit.Actor = None,
) -> NicheVersion:
    """A further version. Studies keep the version that was chosen for them."""
    terms = checked(parts)
    with transaction.atomic():
        Niche.objects.select_for_update().get(pk=niche.pk)
        version = _version(niche, terms, population, reason.strip()[:300], actor)
    _calibrate_if_scored(version)
    return version


def calibrate(*, version: NicheVersion, actor: audit.Actor = None) -> NicheVersion:
    """Freeze the population's scores as they are now. Done once: a version stays what it is."""
    with transaction.atomic():
        version = (
            NicheVersion.objects.select_for_update(of=("self",)).select_related("niche").get(pk=version.pk)
        )
        if version.calibrated_at is not None:
            raise ScoringRefused(
                f"{version} is calibrated and stays as it is.", mend="Revise the niche to calibrate it anew."
            )
        terms = list(version.terms.select_related("metric"))
        for term in terms:
            if term.weight:
                _freeze(version, term)
        version.calibrated_at = timezone.now()
        version.checksum = checksum(version, terms)
        version.save(update_fields=["calibrated_at", "checksum"])
        audit.record(
            study=None,
            actor=actor,
            verb=CALIBRATE,
            subject=str(version),
            data=_named(version) | {"population": version.population_name, "checksum": version.checksum},
        )
    return version


def calibrate_waiting() -> int:
    """Calibrate the versions whose population has been scored meanwhile; returns their number."""
    waiting = NicheVersion.objects.filter(calibrated_at__isnull=True).exclude(
        of_all=False, population=None
    )  # whose population is gone
    return sum(_calibrate_if_scored(version) for version in waiting)


def checksum(version: NicheVersion, terms: Sequence[NicheTerm]) -> str:
    """SHA-256 over all that a composite follows from, the frozen scores included."""
    content = {
        "niche": version.niche.name,
        "version": version.number,
        "population": version.population_name,
        "terms": [
            {
                "metric": [
                    term.metric.name,
                    term.metric.version,
                    term.metric.extractor,
                    term.metric.weights_sha256,
                ],
                "higher_is_better": term.higher_is_better,
                "weight": selectors.plain(term.weight),
                "limit": term.limit,
                "grid": term.grid,
                "n": term.grid_n,
            }
            for term in sorted(terms, key=lambda term: term.metric.name)
        ],
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def attach(*, study: Study, version: NicheVersion, actor: audit.Actor = None) -> StudyNiche:
    """Show this version's composite beside the study's points. Possible after launch: it touches no vote."""
    if study.source != Source.COLLECTED:
        raise ScoringRefused(
            "These votes were made elsewhere and came without pictures: there is nothing to score.",
            mend="Choose a study whose pictures are here.",
        )
    with transaction.atomic():
        before = StudyNiche.objects.select_for_update().filter(study=study).first()
        if before is not None and before.version_id == version.pk:
            return before
        chosen, _ = StudyNiche.objects.update_or_create(study=study, defaults={"version": version})
        audit.record(
            study=study,
            actor=actor,
            verb="niche_attached",
            subject=str(version),
            data=_named(version) | {"checksum": version.checksum or "not calibrated yet"},
        )
    return chosen


def detach(*, study: Study, actor: audit.Actor = None) -> None:
    with transaction.atomic():
        chosen = StudyNiche.objects.select_for_update(of=("self",)).select_related("version__niche")
        before = chosen.filter(study=study).first()
        if before is None:
            raise NotFound("No niche is chosen for this study.", mend="Choose one first.")
        before.delete()
        gone = before.version
        audit.record(study=study, actor=actor, verb="niche_detached", subject=str(gone), data=_named(gone))


def _version(
    niche: Niche, terms: list[NicheTerm], population: Study | None, reason: str, actor: audit.Actor
) -> NicheVersion:
    last = niche.versions.order_by("-number").first()
    version = NicheVersion.objects.create(
        niche=niche,
        number=last.number + 1 if last else 1,
        reason=reason,
        created_by=audit.user_of(actor),
        of_all=population is None,
        population=population,
        population_name=_population_name(population),
    )
    for term in terms:
        term.version = version
    NicheTerm.objects.bulk_create(terms)
    audit.record(
        study=None,
        actor=actor,
        verb="niche_created" if last is None else "niche_revised",
        subject=str(version),
        data=_named(version)
        | {
            "terms": [selectors.term_words(term) for term in terms],
            "population": version.population_name,
            **({"reason": reason} if reason else {}),
        },
    )
    return version


def _named(version: NicheVersion) -> dict[str, object]:
    """Subjects are cut where names are long."""
    return {"niche": version.niche.slug, "version": version.number}


def _population_name(population: Study | None) -> str:
    if population is None:
        return selectors.EVERYTHING
    images = Image.objects.filter(study=population).count()
    if images < selectors.LEAST_POPULATION:
        raise unfit(
            f"“{population.name}” has {images} images, too few to calibrate with.",
            f"Choose a population of {selectors.LEAST_POPULATION} images or more.",
        )
    return f"the study “{population.name}” ({population.public_id})"


def _calibrate_if_scored(version: NicheVersion) -> bool:
    """A study waits until each of its images is scored or has failed; all that is scored here waits for
    nothing."""
    found = selectors.standing(version)
    if any(row.done < selectors.LEAST_POPULATION for row in found):
        return False
    if not version.of_all and any(row.open for row in found):
        return False
    try:
        calibrate(version=version)
    except ScoringRefused:  # another worker was faster
        return False
    version.refresh_from_db()
    return True


def _freeze(version: NicheVersion, term: NicheTerm) -> None:
    values = selectors.population_scores(version, term.metric)
    if values.size < selectors.LEAST_POPULATION:
        raise ScoringRefused(
            f"{version.population_name} has {values.size} scores by {term.metric.label}.",
            mend=f"Calibrate once there are {selectors.LEAST_POPULATION}, or choose another population.",
        )
    term.grid, term.grid_n = quantile_grid(values).tolist(), int(values.size)
    term.save(update_fields=["grid", "grid_n"])


def _slug(name: str) -> str:
    """What manifests name it by; names in other scripts leave nothing to spell it with."""
    wanted = slugify(name)[:90] or "niche"
    taken = set(Niche.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    free = (f"{wanted}-{number}" for number in range(2, len(taken) + 3))
    return wanted if wanted not in taken else next(slug for slug in free if slug not in taken)
