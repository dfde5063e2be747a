"""Reads for the designers' pages: what a study holds, what is missing, how far it is. Aggregated by SQL, so
that a study of ten thousand images costs no more queries than one of ten."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Greatest

from annotations.models import (
    Block,
    Generator,
    Image,
    ImportJob,
    Place,
    PlaceState,
    Prompt,
    Rater,
    Rendition,
    Study,
    StudyState,
    Vote,
)
from annotations.selectors.study_plan import more_to_come

SORTS = {
    "name": "name",
    "-name": "-name",
    "state": "state",
    "-state": "-state",
    "votes": "vote_count",
    "-votes": "-vote_count",
    "activity": "active_at",
    "-activity": "-active_at",
}


def studies(*, search: str = "", sort: str = "-activity") -> QuerySet[Study]:
    """Studies with `vote_count`, `image_count`, `active_at`. Votes are those that count, without checks."""
    standing = Vote.objects.filter(study=OuterRef("pk"), kind="regular", surplus=False)
    per_study = standing.filter(retracted_at=None).order_by().values("study").annotate(n=Count("pk"))
    images = Image.objects.filter(study=OuterRef("pk")).order_by().values("study").annotate(n=Count("pk"))
    found = (
        Study.objects.select_related("owner")
        .prefetch_related("blocks")
        .annotate(
            vote_count=Coalesce(Subquery(per_study.values("n")), Value(0)),
            image_count=Coalesce(Subquery(images.values("n")), Value(0)),
            voted_at=Subquery(standing.order_by("-id").values("created_at")[:1]),
        )
    )
    # GREATEST of a NULL is NULL on SQLite, so each part falls back to the creation.
    found = found.annotate(
        active_at=Greatest(
            Coalesce("voted_at", "created_at"),
            Coalesce("launched_at", "created_at"),
            Coalesce("closed_at", "created_at"),
        )
    )
    if search:
        found = found.filter(
            Q(name__icontains=search)
            | Exists(Block.objects.filter(study=OuterRef("pk"), question__icontains=search))
        )
    return found.order_by(SORTS.get(sort, "-active_at"), "-id")


@dataclass(frozen=True)
class CoverageRow:
    generator: Generator
    cells: list[tuple[str, int, int]]  # category, prompts with a picture, prompts
    made: int
    wanted: int

    @property
    def missing(self) -> int:
        return self.wanted - self.made


@dataclass(frozen=True)
class Coverage:
    """Generators against categories: how many prompts have a picture."""

    categories: list[tuple[str, int]]
    rows: list[CoverageRow]
    images: int

    @property
    def prompts(self) -> int:
        return sum(count for _, count in self.categories)

    @property
    def missing(self) -> int:
        return sum(row.missing for row in self.rows)

    @property
    def generators(self) -> int:
        return len(self.rows)


def coverage(study: Study) -> Coverage:
    per_category = study.prompts.order_by("category").values("category").annotate(n=Count("pk"))
    categories = [(row["category"], row["n"]) for row in per_category]
    made: dict[int, dict[str, int]] = {}
    images = 0
    cells = (
        Image.objects.filter(study=study)
        .order_by()
        .values("generator_id", "prompt__category")
        .annotate(prompts=Count("prompt_id", distinct=True), images=Count("pk"))
    )
    for cell in cells:
        made.setdefault(cell["generator_id"], {})[cell["prompt__category"]] = cell["prompts"]
        images += cell["images"]
    prompts = sum(count for _, count in categories)
    rows = [
        CoverageRow(
            generator,
            [(name, made[generator.pk].get(name, 0), count) for name, count in categories],
            sum(made[generator.pk].values()),
            prompts,
        )
        for generator in Generator.objects.filter(pk__in=made)
    ]
    return Coverage(categories, rows, images)


def prompts_with_pictures(
    study: Study, *, search: str = "", category: str = "", generators: int = 0, only_gaps: bool = False
) -> QuerySet[Prompt]:
    """Prompts with `made`: how many generators have a picture for them."""
    found = study.prompts.annotate(made=Count("images__generator", distinct=True)).order_by("category", "key")
    if search:
        found = found.filter(Q(text__icontains=search) | Q(key__icontains=search))
    if category:
        found = found.filter(category=category)
    if only_gaps:
        found = found.filter(made__lt=generators)
    return found


@dataclass
class Tally:
    """Votes in and votes wanted, of a panel or a category."""

    name: str
    votes: int = 0
    wanted: int = 0
    raters: int = 0
    key: str = ""

    def add(self, *, votes: int, wanted: int) -> None:
        self.votes += votes
        self.wanted += wanted

    def as_dict(self) -> dict[str, Any]:
        return self.__dict__.copy()


@dataclass
class Progress:
    state: str
    votes: int
    wanted: int
    raters: int
    finished_raters: int
    simulated_raters: int
    checks: int
    checks_passed: int
    renditions: int
    rendered: int
    last_vote_at: Any
    # Of a preparation: "planning", "rendering" or "failed"; "" in every other state.
    phase: str = ""
    plan_total: int = 0
    plan_written: int = 0
    panels: dict[int, Tally] = field(default_factory=dict)
    categories: dict[str, Tally] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        plain = {name: value for name, value in self.__dict__.items() if name not in {"panels", "categories"}}
        plain["last_vote_at"] = self.last_vote_at.isoformat() if self.last_vote_at else None
        plain["panels"] = [tally.as_dict() for tally in self.panels.values()]
        plain["categories"] = [tally.as_dict() for tally in self.categories.values()]
        return plain


def progress(study: Study) -> Progress:
    """Real counts for the running page and its JSON. Five queries, whatever the size."""
    votes = Vote.objects.filter(study=study, retracted_at=None).aggregate(
        votes=Count("pk", filter=Q(kind="regular", surplus=False)),
        checks=Count("pk", filter=Q(kind="check")),
        checks_passed=Count("pk", filter=Q(kind="check", passed=True)),
        last_vote_at=Max("created_at"),
    )
    pictures = Rendition.objects.filter(study=study).aggregate(
        renditions=Count("pk"), rendered=Count("pk", filter=~Q(path=""))
    )
    panels = {p.pk: Tally(name=p.name, key=p.public_id) for p in study.panels.all()}
    people = _people(study, panels)
    categories: dict[str, Tally] = {}
    wanted = 0
    for row in (
        Place.objects.filter(study=study)
        .order_by()
        .values("panel_id", category=F("comparison__prompt__category"))
        .annotate(wanted=Count("pk"), votes=Count("pk", filter=Q(state=PlaceState.FILLED)))
    ):
        name = row["category"]
        categories.setdefault(name, Tally(name=name, key=name)).add(votes=row["votes"], wanted=row["wanted"])
        panels[row["panel_id"]].add(votes=row["votes"], wanted=row["wanted"])
        wanted += row["wanted"]
    if more_to_come(study):
        wanted = max(wanted, (study.design or {})["counts"]["places"])
    return Progress(
        state=study.state,
        phase=_phase(study),
        plan_total=study.plan_total,
        plan_written=study.plan_written,
        wanted=wanted,
        panels=panels,
        categories=dict(sorted(categories.items())),
        **votes,
        **pictures,
        **people,
    )


def _people(study: Study, panels: dict[int, Tally]) -> dict[str, int]:
    """How many came and finished, over all panels; those of each are written into its tally."""
    people = {"raters": 0, "finished_raters": 0, "simulated_raters": 0}
    for row in (
        Rater.objects.filter(study=study)
        .order_by()
        .values("panel_id")
        .annotate(
            raters=Count("pk", filter=~Q(state="joined") | Q(voted__gt=0)),
            finished_raters=Count("pk", filter=Q(state="finished")),
            simulated_raters=Count("pk", filter=Q(simulated=True)),
        )
    ):
        panels[row.pop("panel_id")].raters = row["raters"]
        people = {name: people[name] + row[name] for name in people}
    return people


def _phase(study: Study) -> str:
    if study.state != StudyState.PREPARING:
        return ""
    if study.prepare_error and study.prepare_claimed_at is None:
        return "failed"
    return "rendering" if study.planned_at else "planning"


def open_import(study: Study) -> ImportJob | None:
    """The upload that is still on its way, if there is one."""
    return study.imports.filter(state__in=["queued", "checking", "storing"]).first()


def is_designed(study: Study) -> bool:
    """Whether somebody has saved the design form: until then its values are nobody's choice."""
    return study.audit.filter(verb="study_updated").exists()
