"""How far a metric may stand in for people."""

import numpy as np
import pytest

from arena.results import charts, machines
from arena.results.filters import choices
from arena.results.metric_checks import metric_checks
from arena.results.metric_words import partial_table, selection_words, surprises_table
from scoring.models import Score
from tests.arena.results.studies import voted_study
from tests.arena.results.test_machines import by_name, metric, score

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def checked(study, by):
    return metric_checks(study, by, machines.image_metrics(study), choices(study).default)


def test_a_metric_with_the_raters_taste_is_right_and_its_opposite_wrong():
    study = voted_study(raters=3, check_every=0)
    good, bad = metric(), metric("clip_score_bad")
    score(study, good, by_name)
    score(study, bad, lambda image: -by_name(image))
    right, wrong = checked(study, good), checked(study, bad)
    accuracy = right.pairs.accuracy.accuracy.value
    assert accuracy > 0.5
    assert wrong.pairs.accuracy.accuracy.value == pytest.approx(1 - accuracy)
    assert right.selection.efficiency(3).value > 0 > wrong.selection.efficiency(3).value
    assert "of 3: " in selection_words(right.selection)
    assert len(wrong.disagreements) >= len(right.disagreements)
    assert "contradict" in surprises_table(wrong).caption
    # One is the other turned round: neither says anything beyond the other.
    assert right.partial.code in ("too_few", "collinear")
    drawn = charts.selector(right.selection, "Test score")
    assert [row["N"] for row in drawn.spec["data"]["values"]] == [2, 3]


def test_ratings_have_no_pairs_but_a_best_of_n():
    study, by = voted_study(raters=3, protocol="likert"), metric()
    score(study, by, by_name)
    found = checked(study, by)
    assert "two pictures only" in found.pairs.reason
    assert np.isfinite(found.selection.efficiency(2).value)


def test_metrics_are_correlated_with_people_over_pictures():
    study = voted_study(raters=3, check_every=0, prompts=8, generators=3)
    rng = np.random.default_rng(0)
    good, noise = metric(), metric("clip_score_noise")
    score(study, good, lambda image: by_name(image) + rng.normal() * 0.1)
    score(study, noise, lambda image: rng.normal())
    found = checked(study, good)
    assert found.partial.n == 24
    assert found.partial.partial[good.name].value > abs(found.partial.partial[noise.name].value)
    assert len(partial_table(found, machines.image_metrics(study)).rows) == 2


def test_a_metric_that_is_the_same_for_all_pictures_keeps_no_other_from_being_held_against_people():
    study = voted_study(raters=3, check_every=0, prompts=8, generators=3)
    rng = np.random.default_rng(0)
    good, noise, same = metric(), metric("clip_score_noise"), metric("hard_filters_all")
    score(study, good, lambda image: by_name(image) + rng.normal() * 0.1)
    score(study, noise, lambda image: rng.normal())
    score(study, same, lambda image: 1.0)
    # The only picture that differs lacks another score: among those with all of them it is the same.
    odd = Score.objects.filter(metric=same).order_by("id").first()
    Score.objects.filter(pk=odd.pk).update(value=0.0)
    Score.objects.filter(metric=noise, image=odd.image_id).delete()
    found = checked(study, good)
    assert set(found.partial.plain) == {good.name, noise.name}
    last = partial_table(found, [good, noise, same]).rows[-1]
    assert [cell.title for cell in last[1:]] == ["The same for every picture that has all scores."] * 2
