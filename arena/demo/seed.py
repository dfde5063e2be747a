"""Makes the demo: three studies of the same four generators, simulated votes, a designer's account."""

import secrets
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.urls import reverse

from annotations.actions import blocks, manifests, preparation, renditions, studies
from annotations.models import Panel, Protocol, Rater, Study, StudyState
from annotations.protocols.failures import DEFAULT_TAXONOMY
from arena.demo import pictures
from arena.demo.voters import SimulatedRater, tempers
from scoring.actions import niches, reference_sets, set_scores
from scoring.actions.niche_terms import Part
from scoring.models import Niche, ReferenceSet

SEED = 20261
USERNAME = "demo"
PAIRS, RATINGS = "Demo: coloured shapes, in pairs", "Demo: coloured shapes, rated"
MIXED = "Demo: coloured shapes, the best, in order, and what went wrong"
FAITHFUL = "Demo: faithful coloured shapes"
NICHE = "Demo: coloured shapes"

Say = Callable[[str], Any]


@dataclass(frozen=True)
class Links:
    vote: str
    rate: str
    mixed: str
    results: str
    username: str
    password: str


@dataclass(frozen=True)
class Size:
    """How big a demo to make; tests make a smaller one."""

    prompts_per_category: int = pictures.PROMPTS_PER_CATEGORY
    pair_raters: int = 24
    pair_votes: int = 34
    rating_prompts_per_category: int = 3
    rating_raters: int = 12
    rating_votes: int = 12
    mixed_prompts_per_category: int = 1
    mixed_raters: int = 6
    mixed_votes: int = 20
    reference_pictures: int = 240


def ensure_demo(*, say: Say = lambda text: None, size: Size = Size()) -> Links:
    """Creates what is missing and returns the links; a second call changes nothing.

    Each step looks at what is there, so a start that was interrupted goes on where it stopped.
    """
    user = _designer()
    pairs = _ensure(PAIRS, _new_pairs, size.prompts_per_category, user, say)
    _simulate(pairs, size.pair_raters, size.pair_votes, careless=1, say=say)
    _compare(pairs, user, size.reference_pictures, say)
    _weigh(pairs, user)
    ratings = _ensure(RATINGS, _new_ratings, size.rating_prompts_per_category, user, say)
    _simulate(ratings, size.rating_raters, size.rating_votes, careless=0, say=say)
    mixed = _ensure(MIXED, _new_mixed, size.mixed_prompts_per_category, user, say)
    _simulate(mixed, size.mixed_raters, size.mixed_votes, careless=0, say=say)
    return Links(
        vote=_vote_link(pairs),
        rate=_vote_link(ratings),
        mixed=_vote_link(mixed),
        results=reverse("results", args=[pairs.public_id]),
        username=USERNAME,
        password=_password_file().read_text().strip(),
    )


def _ensure(name: str, new: Callable[[User], Study], per_category: int, user: User, say: Say) -> Study:
    study = Study.objects.filter(is_demo=True, name=name).first() or new(user)
    if study.state == StudyState.DRAFT:
        _fill(study, user, per_category, study.seed, say)
        studies.launch(study=study, actor=user)
        study.refresh_from_db()
    if study.state == StudyState.PREPARING:
        say(f"{study.name}: preparing blinded pictures …")
        preparation.plan(study=study)
        renditions.render_pending(study=study)
        studies.finish_preparation(study=study)
        study.refresh_from_db()
    return study


def _password_file() -> Path:
    return Path(settings.VAR_DIR) / "demo_password"


def _designer() -> User:
    user, created = get_user_model().objects.get_or_create(
        username=USERNAME, defaults={"is_staff": True, "is_superuser": True}
    )
    path = _password_file()
    if created or not path.exists():
        # A password of this installation's own: the demo may end up reachable by others.
        path.write_text(secrets.token_urlsafe(9))
        path.chmod(0o600)
        user.set_password(path.read_text())
        user.save(update_fields=["password"])
    return user


def _vote_link(study: Study) -> str:
    return reverse("rater-entry", args=[study.panels.order_by("id")[0].token])


def _new_pairs(user: User) -> Study:
    return studies.create(
        name=PAIRS,
        owner=user,
        is_demo=True,
        protocol=Protocol.PAIRWISE,
        question="Which picture fits the description better?",
        box_px=512,
        max_votes_per_rater=40,
        seed=SEED,
    )


def _new_ratings(user: User) -> Study:
    return studies.create(
        name=RATINGS,
        owner=user,
        is_demo=True,
        protocol=Protocol.LIKERT,
        question="How good is this picture?",
        box_px=512,
        max_votes_per_rater=24,
        seed=SEED + 1,
    )


def _new_mixed(user: User) -> Study:
    study = studies.create(
        name=MIXED,
        owner=user,
        is_demo=True,
        title="The best of four",
        protocol=Protocol.BEST_OF_N,
        size=4,
        question="Which picture fits the description best?",
        box_px=512,
        max_votes_per_rater=24,
        overlap=12,  # the simulated raters leave enough to try
        seed=SEED + 3,
    )
    blocks.add(
        study=study,
        actor=user,
        title="In order",
        protocol=Protocol.RANKING,
        size=4,
        question="Put the pictures in order, the best first.",
    )
    blocks.add(
        study=study,
        actor=user,
        title="What went wrong",
        protocol=Protocol.FAILURE_REVIEW,
        question="What is wrong with this picture?",
        taxonomy=DEFAULT_TAXONOMY,
        allow_marks=True,
        allow_note=True,
        samples_per_generator=3,
    )
    return study


def _compare(study: Study, user: User, count: int, say: Say) -> None:
    """Asks for each generator's Fréchet distance to faithful pictures; the worker computes it."""
    if ReferenceSet.objects.filter(name=FAITHFUL).exists():
        return
    say(f"{FAITHFUL}: drawing the reference set …")
    with tempfile.TemporaryDirectory(prefix="demo-", dir=settings.VAR_DIR) as folder:
        pictures.write_reference_set(Path(folder), SEED + 2, count)
        reference_sets.create(name=FAITHFUL, source=Path(folder), actor=user)
    reference_set = ReferenceSet.objects.get(name=FAITHFUL)
    set_scores.request(study=study, reference_set=reference_set, metric_names=["fd_clip_shapes"])


def _weigh(study: Study, user: User) -> None:
    """A niche whose composite stands beside the points; the worker calibrates it with its last score."""
    if Niche.objects.filter(name=NICHE).exists():
        return
    version = niches.create(
        name=NICHE,
        description="Pictures of a few coloured shapes, as the demo's prompts ask for.",
        parts=[
            Part("hard_filters", limit=1),
            Part("clip_score_shapes", "0.8"),
            # Flat shapes have little detail of their own: what is left of it is noise.
            Part("sharpness", "0.2", higher_is_better=False),
        ],
        population=study,
        reference_set=ReferenceSet.objects.filter(name=FAITHFUL).first(),
        actor=user,
    )
    niches.attach(study=study, version=version, actor=user)


def _fill(study: Study, user: User, per_category: int, seed: int, say: Say) -> None:
    say(f"{study.name}: drawing pictures …")
    folder = Path(tempfile.mkdtemp(prefix="demo-", dir=settings.VAR_DIR))
    try:
        manifest = pictures.write_manifest(folder, seed, per_category)
        manifests.import_folder(study=study, manifest_path=manifest, base=folder, actor=user)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _simulate(study: Study, count: int, votes_each: int, *, careless: int, say: Say) -> None:
    """Lets simulated raters vote until `count` of them have come; a study that stands still is left alone."""
    there = Rater.objects.filter(study=study, simulated=True).count()
    if there >= count or study.state != StudyState.RUNNING:
        return
    say(f"{study.name}: {count} simulated raters vote …")
    rng = np.random.default_rng(study.seed)
    panel: Panel = study.panels.order_by("id")[0]
    for temper in tempers(count, careless, rng)[there:]:
        SimulatedRater(panel, temper, rng).vote(votes_each)
