import hashlib

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from annotations.actions import audit
from annotations.models import AuditEvent, Image, Source, Study
from scoring.actions import metrics, niches, runs, sweeps
from scoring.actions.niche_terms import Part
from scoring.errors import ScoringRefused
from scoring.models import Metric, Niche, NicheTerm, Score, ScoreState, StudyNiche
from scoring.selectors import niches as selectors

SHARP = [Part("hard_filters", limit=1), Part("clipping", "0.25"), Part("clip_score_shapes", "0.75", limit=-5)]


@pytest.fixture
def images(make_image):
    return [make_image(prompt=f"p{n % 4}", generator=f"g{n % 3}", write=False) for n in range(12)]


def score(image, name, value, state=ScoreState.DONE):
    metric = Metric.objects.get(name=name, active=True)
    computed = timezone.now() if state == ScoreState.DONE else None
    return Score.objects.create(image=image, metric=metric, value=value, state=state, computed_at=computed)


@pytest.fixture
def scored(images):
    metrics.ensure()
    for place, image in enumerate(images):
        score(image, "hard_filters", 1)
        score(image, "clipping", place / 100)
        score(image, "clip_score_shapes", float(place))
    return images


def create(study, parts=SHARP, name="Cups", **more):
    return niches.create(name=name, parts=parts, population=study, **more)


def test_a_scored_population_calibrates_at_once_and_is_frozen(study, scored, make_image):
    version = create(study, actor=User.objects.create_user("designer"))
    assert (version.number, len(version.checksum)) == (1, 64)
    before = selectors.image_composites(study, version)["value"].tolist()
    assert before[0] == pytest.approx(0.75 * 100 / 24 + 0.25 * (100 - 100 / 24))
    assert before == sorted(before)
    # Whatever comes later has no part in it.
    late = make_image(generator="late", write=False)
    for name, value in (("hard_filters", 1), ("clipping", 0), ("clip_score_shapes", 99.0)):
        score(late, name, value)
    after = selectors.image_composites(study, version)["value"].tolist()
    assert after[:-1] == before
    assert after[-1] == pytest.approx(0.75 * 100 + 0.25 * (100 - 100 / 24))


def test_a_calibrated_version_is_calibrated_once(study, scored):
    version = create(study)
    with pytest.raises(ScoringRefused, match="stays as it is"):
        niches.calibrate(version=version)


def test_a_population_that_is_still_scored_freezes_with_its_last_score(study, scored):
    waiting = Score.objects.filter(image=scored[3], metric__name="clipping")
    waiting.update(state=ScoreState.PENDING, value=None, computed_at=None)
    version = create(study)
    assert version.calibrated_at is None
    assert [(row.done, row.open) for row in selectors.standing(version)] == [(12, 0), (11, 1)]
    assert niches.calibrate_waiting() == 0
    # An image that fails for good keeps nobody waiting.
    waiting.update(state=ScoreState.PARKED)
    sweeps.sweep()
    version.refresh_from_db()
    assert version.calibrated_at is not None
    assert set(version.terms.values_list("grid_n", flat=True)) == {0, 11, 12}


def test_the_worker_calibrates_what_it_has_scored(study, make_image):
    images = [make_image() for _ in range(10)]
    metrics.ensure()
    version = create(study, [Part("contrast", 1, higher_is_better=True)])
    assert version.calibrated_at is None
    for image in images:
        score(image, "contrast", None, ScoreState.PENDING)
    runs.drain(budget_s=None)
    version.refresh_from_db()
    assert version.terms.get().grid_n == 10


def test_what_is_done_can_be_frozen_by_hand_where_it_is_enough(study, scored):
    Score.objects.filter(image__in=scored[:2], metric__name="clipping").delete()
    version = create(study)
    assert niches.calibrate(version=version).terms.get(metric__name="clipping").grid_n == 10
    Score.objects.filter(image__in=scored[:4]).delete()
    second = niches.revise(niche=version.niche, parts=SHARP, population=study)
    with pytest.raises(ScoringRefused, match="has 8 scores"):
        niches.calibrate(version=second)
    second.refresh_from_db()
    assert (second.checksum, second.terms.filter(grid_n__gt=0).count()) == ("", 0)


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([Part("clipping", "0.5"), Part("clip_score", "0.4")], "sum to 0.9, not to 1"),
        ([], "sum to 0, not to 1"),
        ([Part("clipping", "0.33333")], "four decimals"),
        ([Part("clipping", "-1")], "between 0 and 1"),
        ([Part("clipping", "NaN")], "between 0 and 1"),
        ([Part("clipping", "much")], "no number"),
        ([Part("clipping", 1, limit=float("inf"))], "no finite number"),
        ([Part("clipping", 1), Part("clipping", 1)], "named twice"),
        ([Part("beauty", 1)], "no metric of images"),
        ([Part("fd_clip", 1)], "no metric of images"),
        ([Part("sharpness", 1)], "no better direction"),
        ([Part("clipping", 1, higher_is_better=True)], "lower is better"),
        ([Part("hard_filters", 1)], "bar; they have no weight"),
    ],
)
def test_a_niche_that_cannot_be_is_refused_in_words(study, images, parts, said):
    with pytest.raises(ScoringRefused, match=said) as refused:
        create(study, parts)
    assert refused.value.mend
    assert refused.value.status == 422
    assert not Niche.objects.exists()


def test_names_are_unique_and_populations_large_enough(study, scored):
    create(study)
    with pytest.raises(ScoringRefused, match="already"):
        create(study, name=" Cups ")
    with pytest.raises(ScoringRefused, match="needs a name"):
        create(study, name=" ")
    with pytest.raises(ScoringRefused, match="has 0 images"):
        create(Study.objects.create(name="Empty"), name="Other")
    assert create(study, name="杯子").niche.slug == "niche"
    assert create(None, name="CUPS!").niche.slug == "cups-2"


def test_the_database_holds_to_what_a_niche_is(study, scored):
    version = create(study)
    clipping = version.terms.get(metric__name="clipping")
    for change in ({"weight": 2}, {"weight": -1}, {"weight": 0, "limit": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            NicheTerm.objects.filter(pk=clipping.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        type(version).objects.filter(pk=version.pk).update(checksum="")


def test_a_revision_leaves_its_forerunner_and_the_studies_that_show_it(study, scored):
    first = create(study)
    niches.attach(study=study, version=first)
    before = selectors.definition(first)
    second = niches.revise(niche=first.niche, parts=[Part("clipping", 1)], population=None, reason="Plainer")
    assert (second.number, second.reason) == (2, "Plainer")
    assert second.population_name == selectors.EVERYTHING
    assert selectors.attached(study).pk == first.pk
    assert selectors.definition(selectors.version_of(first.niche, 1)) == before
    assert selectors.version_of(first.niche).pk == second.pk
    assert first.checksum != second.checksum


def test_the_checksum_covers_every_part(study, scored):
    version = create(study)
    terms = list(version.terms.select_related("metric"))
    assert niches.checksum(version, terms) == version.checksum
    terms[0].grid = [*terms[0].grid[:-1], 1e6]
    assert niches.checksum(version, terms) != version.checksum


def test_choosing_and_taking_away_is_recorded_with_the_study(study, scored):
    version = create(study)
    niches.attach(study=study, version=version)
    niches.attach(study=study, version=version)  # changes nothing
    niches.detach(study=study)
    events = AuditEvent.objects.filter(study=study).order_by("sequence")
    assert [(event.verb, event.subject) for event in events] == [
        ("niche_attached", "Cups, version 1"),
        ("niche_detached", "Cups, version 1"),
    ]
    assert events[0].data == {"niche": "cups", "version": 1, "checksum": version.checksum}
    assert audit.verify(study=study) == audit.verify(study=None) == []
    assert not StudyNiche.objects.exists()


def test_votes_made_elsewhere_have_no_pictures_to_weigh(study, scored):
    elsewhere = Study.objects.create(
        name="Elsewhere", source=Source.IMPORTED, design_hash=hashlib.sha256(b"x").hexdigest()
    )
    with pytest.raises(ScoringRefused, match="without pictures"):
        niches.attach(study=elsewhere, version=create(study))


def test_barred_missing_and_waiting_images_are_told_apart(study, scored):
    version = create(study)
    Score.objects.filter(image=scored[0], metric__name="hard_filters").update(value=0)
    Score.objects.filter(image=scored[1], metric__name="clip_score_shapes").update(value=-6)
    Score.objects.filter(image=scored[2], metric__name="clipping").delete()
    Score.objects.filter(image=scored[3], metric__name="clip_score_shapes").update(
        state=ScoreState.PARKED, value=None
    )
    Score.objects.filter(image=scored[0], metric__name="clipping").delete()  # barred all the same
    found = selectors.image_composites(study, version)
    assert found["barred"].tolist()[:4] == [True, True, False, False]
    assert found["value"].tolist()[:2] == [0, 0]
    assert found["value"].isna().tolist() == [False, False, True, True, *[False] * 8]
    assert "never asked for" in found["why"][2]
    assert "failed three times" in found["why"][3]
    assert found["why"].tolist()[4:] == [""] * 8


def test_a_study_without_images_has_no_composites(study, scored):
    empty = Study.objects.create(name="Empty")
    assert selectors.image_composites(empty, create(study)).empty
    assert Image.objects.filter(study=empty).count() == 0
