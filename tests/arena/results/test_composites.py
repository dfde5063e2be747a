"""Composites beside the points: on the page, in files, by API and in the report; never in a point."""

import csv
import io
import json

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from annotations.models import AuditEvent, Image, Study
from arena.analytics.cluster_mean import cluster_mean
from arena.analytics.result import Estimate, Undefined
from arena.results import charts
from arena.results.composite_words import composite_cell, composite_words
from arena.results.composites import composites
from arena.results.filters import choices
from arena.results.rankings import ranking
from arena.results.report.build import build
from scoring.actions import metrics, niches
from scoring.actions.niche_terms import Part
from scoring.models import Metric, Score
from tests.factories import draft_of_rows, planned_study, rater_in, vote_all

pytestmark = pytest.mark.django_db
PARTS = [Part("hard_filters", limit=1), Part("clip_score_shapes", "0.5"), Part("clipping", "0.5")]


def score(study, name, value):
    """Every image scored by `value(image, place)`."""
    metric, now = Metric.objects.get(name=name, active=True), timezone.now()
    images = Image.objects.filter(study=study).select_related("generator").order_by("id")
    Score.objects.bulk_create(
        Score(image=image, metric=metric, state="done", value=value(image, place), computed_at=now)
        for place, image in enumerate(images)
    )


def scored(study):
    """The earlier in the alphabet, the better by CLIP score; all alike by clipping."""
    metrics.ensure()
    score(study, "hard_filters", lambda image, place: 1)
    score(study, "clip_score_shapes", lambda image, place: 100 - 10 * ord(image.generator.name[-1]) + place)
    score(study, "clipping", lambda image, place: 0.5)
    return study


@pytest.fixture
def study():
    """Three generators, six prompts, no votes."""
    return scored(draft_of_rows(prompts=6))


@pytest.fixture
def voted():
    """The same with votes."""
    study = planned_study(prompts=6, overlap=1, check_every=0)
    vote_all(rater_in(study), most=6)
    return scored(study)


def attached(study):
    version = niches.create(name="Cubes <b>", parts=PARTS, population=study)
    niches.attach(study=study, version=version)
    return version


@pytest.fixture
def version(study):
    return attached(study)


@pytest.fixture
def analyst(client):
    client.force_login(User.objects.create_user("analyst", is_staff=True))
    return client


def found(study, **more):
    filters = choices(study).default
    return composites(study, type(filters)(**(filters.__dict__ | more)))


def test_each_generator_has_a_mean_clustered_by_prompt(study, version):
    rows = found(study).rows
    assert {name: (row.n, row.images, row.barred) for name, row in rows.items()} == {
        f"generator-{place}": (6, 6, 0) for place in range(3)
    }
    best = rows["generator-0"].mean
    own = Score.objects.filter(image__generator__name="generator-0", metric__name="clip_score_shapes")
    everything = np.array(Score.objects.filter(metric=own[0].metric).values_list("value", flat=True))
    by_hand = [
        50 * ((everything < row.value).sum() + 0.5 * (everything == row.value).sum()) / everything.size + 25
        for row in own.order_by("image_id")
    ]
    expected = cluster_mean(np.array(by_hand), np.arange(6), by="prompt")
    assert best.value == pytest.approx(expected.value)
    assert best.low == pytest.approx(expected.low)
    assert np.mean([row.mean.value for row in rows.values()]) == pytest.approx(50)


def test_a_broken_limit_counts_as_nothing_and_is_told(study, version):
    before = found(study).rows["generator-0"].mean.value
    image = Image.objects.filter(study=study, generator__name="generator-0").first()
    Score.objects.filter(image=image, metric__name="hard_filters").update(value=0, computed_at=timezone.now())
    row = found(study).rows["generator-0"]
    assert (row.barred, row.n) == (1, 6)
    assert row.mean.value < before
    assert (composite_cell(row).of, composite_cell(row).barred) == ("n 6", "1 barred")
    assert "1 image barred, counted as 0" in composite_words(found(study), ranking_of(study))


def ranking_of(study):
    return ranking(study, choices(study).default).result


def test_what_lacks_scores_says_why_and_is_never_weighed_anew(study, version):
    own = Score.objects.filter(image__generator__name="generator-1", metric__name="clipping")
    own.exclude(pk=own.order_by("image_id")[0].pk).update(state="pending", value=None, computed_at=None)
    Score.objects.filter(image__generator__name="generator-2", metric__name="clip_score_shapes").delete()
    rows = found(study).rows
    assert isinstance(rows["generator-2"].mean, Undefined)
    assert "never asked for" in rows["generator-2"].mean.reason
    partly = rows["generator-1"]
    assert (partly.n, partly.images) == (1, 6)
    assert "still being computed (5)" in partly.note
    assert not partly.mean.has_interval
    assert composite_cell(partly).of == "n 1 of 6"


def test_barred_images_do_not_stand_for_those_that_wait_for_scores(study, version):
    own = Score.objects.filter(image__generator__name="generator-0")
    first = Image.objects.filter(study=study, generator__name="generator-0").first()
    own.filter(image=first, metric__name="hard_filters").update(value=0, computed_at=timezone.now())
    waiting = own.filter(metric__name="clipping").exclude(image=first)
    waiting.update(state="pending", value=None, computed_at=None)
    row = found(study).rows["generator-0"]
    assert (row.barred, row.n) == (1, 1)
    assert row.mean.code == "incomplete"
    assert "still being computed (5)" in composite_cell(row).note


def test_images_that_are_all_alike_have_no_interval(study):
    version = niches.create(name="Flat", parts=[Part("clipping", 1)], population=study)
    niches.attach(study=study, version=version)
    mean = found(study).rows["generator-0"].mean
    assert isinstance(mean, Estimate)
    assert mean.value == 50
    assert not mean.has_interval
    assert "same composite" in mean.note


def test_a_category_keeps_its_own_images(study, version):
    category = Image.objects.filter(study=study).values_list("prompt__category", flat=True)[0]
    of = Image.objects.filter(study=study, prompt__category=category, generator__name="generator-0").count()
    assert found(study, category=category).rows["generator-0"].n == of < 6
    assert "category nowhere" in found(study, category="nowhere").of("generator-0").mean.reason


def test_new_scores_show_and_new_votes_change_nothing(study, version):
    first = found(study)
    assert found(study) is first
    Score.objects.filter(metric__name="clipping", image__generator__name="generator-0").update(
        value=0, computed_at=timezone.now()
    )
    assert found(study).rows["generator-0"].mean.value > first.rows["generator-0"].mean.value


def test_the_ranking_page_shows_it_apart_from_the_points(analyst, voted):
    address = reverse("results", args=[voted.public_id])
    bare = analyst.get(address).content.decode()
    assert "Choose a niche" in bare
    assert "Composite</th>" not in bare
    points = [row.points for row in ranking_of(voted).rows]
    version = niches.create(name="Cubes <b>", parts=PARTS, population=voted)
    niches.attach(study=voted, version=version)
    page = analyst.get(address).content.decode()
    assert "Composite</th>" in page
    assert "Cubes &lt;b&gt;, version 1" in page
    assert "<b>" not in page
    assert "no human preference" in page
    assert "knows coloured shapes only" in page
    assert "are too few for a rank correlation" in page
    assert version.checksum in page
    assert [row.points for row in ranking_of(voted).rows] == points


def test_a_version_that_waits_shows_why_there_is_no_number(analyst, voted):
    Score.objects.filter(metric__name="clipping").delete()
    version = niches.create(name="Cubes", parts=PARTS, population=voted)
    niches.attach(study=voted, version=version)
    page = analyst.get(reverse("results", args=[voted.public_id])).content.decode()
    assert "Not calibrated yet" in page
    assert found(voted).rows["generator-0"].mean.code == "not_calibrated"


def test_files_carry_name_version_weights_and_bounds(analyst, voted):
    version = attached(voted)

    def rows():
        answer = analyst.get(reverse("export", args=[voted.public_id, "ranking", "csv"]))
        return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))

    row = rows()[0]
    own = found(voted).of(row["generator"])
    assert float(row["composite"]) == own.mean.value
    assert (float(row["composite_low"]), float(row["composite_high"])) == (own.mean.low, own.mean.high)
    assert (row["composite_n"], row["composite_barred"], row["niche"]) == ("6", "0", "Cubes <b>, version 1")
    told = json.loads(row["niche_definition"])
    assert {term["metric"]: term["weight"] for term in told["terms"]} == {
        "hard_filters": 0.0,
        "clip_score_shapes": 0.5,
        "clipping": 0.5,
    }
    assert told["checksum"] == version.checksum
    niches.detach(study=voted)
    assert (rows()[0]["composite"], rows()[0]["niche"]) == ("", "")


def test_the_api_tells_definition_numbers_and_what_they_are_not(analyst, voted):
    attached(voted)
    told = analyst.get(f"/api/v1/studies/{voted.public_id}/ranking/").json()["composite"]
    assert told["definition"]["version"] == 1
    assert "no human preference" in told["beware"]
    assert {row["generator"]: row["n"] for row in told["generators"]} == {
        f"generator-{place}": 6 for place in range(3)
    }
    assert told["against_points"]["spearman"]["undefined"] == "too_few_generators"
    niches.detach(study=voted)
    assert analyst.get(f"/api/v1/studies/{voted.public_id}/ranking/").json()["composite"] is None


def test_the_report_holds_it_in_table_methods_and_amendments(voted):
    version = attached(voted)
    report = build(voted, choices(voted).default)
    said = repr(report)
    assert "Composite" in said
    assert f"SHA-256 {version.checksum}" in said
    assert "niche attached" in said
    assert AuditEvent.objects.filter(study=voted, verb="niche_attached").count() == 1


def earlier_wins(assignment):
    """On the first prompt; on the second, neighbours the other way round and others tied, so that nobody is
    undefeated."""
    slots = list(assignment.comparison.slots.order_by("index"))
    first, second = (slots[int(index)].generator.name for index in assignment.order)
    if assignment.comparison.prompt.key == "p0":
        return {"overall": "left" if first < second else "right"}
    if abs(int(first[-1]) - int(second[-1])) > 1:
        return {"overall": "tie"}
    return {"overall": "right" if first < second else "left"}


def test_five_generators_are_held_against_the_points():
    study = planned_study(prompts=2, generators=5, overlap=1, check_every=0)
    vote_all(rater_in(study), earlier_wins)
    metrics.ensure()
    score(study, "clip_score_shapes", lambda image, place: -ord(image.generator.name[-1]))
    version = niches.create(name="Five", parts=[Part("clip_score_shapes", 1)], population=study)
    niches.attach(study=study, version=version)
    against = found(study).against_points(ranking_of(study))
    assert against.n_generators == 5
    assert against.spearman.value > 0.5
    assert "Spearman" in composite_words(found(study), ranking_of(study))


def test_the_calibration_curve_rises_or_falls_with_its_direction(study, version):
    for term in version.terms.filter(weight__gt=0):
        drawn = charts.calibration_curve(term)
        up = [row["percentile"] for row in drawn.spec["data"]["values"]]
        assert up == sorted(up, reverse=not term.higher_is_better)
        assert drawn.table.rows


def test_deleting_a_population_leaves_the_frozen_version_as_it_is(study):
    other = Study.objects.create(name="Away")
    version = niches.create(name="Cubes", parts=PARTS, population=study)
    type(version).objects.filter(pk=version.pk).update(population=other)
    other.delete()
    niches.attach(study=study, version=version)
    assert found(study).rows["generator-0"].mean.value > 0
