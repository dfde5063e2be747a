"""Scores are joined to the pictures that were shown, whichever side they stood on."""

import pytest
from django.utils import timezone

from annotations.models import Image, Vote
from arena.results import machines
from arena.results.filters import FilterRefused, choices
from scoring.models import Metric, ReferenceSet, Score, SetScore
from tests.arena.results.studies import voted_study

pytestmark = pytest.mark.django_db


def metric(name="clip_score_test", **settings):
    return Metric.objects.create(
        name=name, version="1", label="Test score", **({"kind": "image", "higher_is_better": True} | settings)
    )


def score(study, by, value):
    """Every image scored by `value(image)`."""
    now = timezone.now()
    Score.objects.bulk_create(
        Score(image=image, metric=by, state="done", value=value(image), computed_at=now)
        for image in Image.objects.filter(study=study).select_related("generator")
    )


def view(study, by):
    return machines.metric_view(study, by, choices(study).default)


def by_name(image):
    """Like the raters of `voted_study`: the earlier in the alphabet the better."""
    return 100.0 - ord(image.generator.name[-1])


def test_a_metric_that_shares_the_raters_taste_is_right_where_they_followed_it():
    study, by = voted_study(raters=3, check_every=0), metric()
    score(study, by, by_name)
    found = view(study, by).people
    followed = decided = 0
    for vote in Vote.objects.filter(study=study):
        said = vote.answer["overall"]
        if said not in ("left", "right"):
            continue
        slots = list(vote.comparison.slots.order_by("index"))
        chosen = slots[int(vote.order[("left", "right").index(said)])]
        decided += 1
        followed += chosen.generator.name == min(slot.generator.name for slot in slots)
    assert found.accuracy.n_decided == decided
    assert found.accuracy.accuracy.value == pytest.approx(followed / decided)
    assert found.total == study.comparisons.count()


def test_a_metric_where_less_is_better_is_read_the_other_way_round():
    study = voted_study(raters=2, check_every=0)
    up, down = metric(), metric("clip_score_down", higher_is_better=False)
    score(study, up, by_name)
    score(study, down, lambda image: -by_name(image))
    accuracies = [view(study, by).people.accuracy.accuracy.value for by in (up, down)]
    assert accuracies[0] == pytest.approx(accuracies[1])


def test_differences_are_first_minus_second_generator():
    study, by = voted_study(raters=1, check_every=0), metric()
    score(study, by, by_name)
    frame = view(study, by).people.comparisons
    assert (frame["first"] < frame["second"]).all()
    assert (frame["gap"] > 0).all()
    assert frame["preferred"].between(0, 1).all()


def test_a_score_that_arrives_later_shows_at_the_next_look():
    study, by = voted_study(raters=1, check_every=0), metric()
    score(study, by, by_name)
    late = Score.objects.filter(metric=by).latest("id")
    Score.objects.filter(pk=late.pk).update(state="pending", value=None, computed_at=None)
    before = sum(row.n for row in view(study, by).generators)
    Score.objects.filter(pk=late.pk).update(state="done", value=1.0, computed_at=timezone.now())
    assert sum(row.n for row in view(study, by).generators) == before + 1


def test_votes_without_scores_are_counted_as_such():
    study, by = voted_study(raters=1, check_every=0), metric()
    score(study, by, by_name)
    image = study.comparisons.first().slots.first().image
    Score.objects.filter(metric=by, image=image).delete()
    found = view(study, by).people.accuracy
    assert found.n_without_score == Vote.objects.filter(comparison__slots__image=image).count() > 0


def test_only_metrics_with_finished_scores_are_offered():
    study = voted_study(raters=1, check_every=0)
    done, waiting = metric("sharpness"), metric("clip_score_wait")
    score(study, done, by_name)
    Score.objects.create(image=study.images.first(), metric=waiting)
    assert machines.image_metrics(study) == [done]
    assert machines.chosen_metric("", [done]) == done
    with pytest.raises(FilterRefused, match="clip_score_wait"):
        machines.chosen_metric("clip_score_wait", [done])


def test_the_newest_score_of_a_set_stands_for_it():
    study = voted_study(raters=1, check_every=0)
    by = metric("fd", kind="set", higher_is_better=False)
    reference, generator = ReferenceSet.objects.create(name="Photos"), study.images.first().generator
    common = {"study": study, "generator": generator, "metric": by, "reference_set": reference}
    SetScore.objects.create(**common, content_hash="1", state="done", value=9.0, computed_at=timezone.now())
    new = SetScore.objects.create(**common, content_hash="2")
    assert machines.set_scores(study) == [new]
