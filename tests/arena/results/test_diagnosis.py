"""Signs to look into: who guesses, who copies, who favours one generator, who leaves."""

import numpy as np
import pytest
from django.utils import timezone

from arena.analytics.result import Undefined
from arena.results.diagnosis import diagnosis, leaving
from arena.results.diagnosis_words import (
    favoured_table,
    leaving_table,
    leaving_words,
    mixture_table,
    mixture_words,
    similar_table,
    similar_words,
)
from arena.results.filters import choices
from tests.arena.results.studies import imported, voted_study
from tests.factories import PanelFactory, RaterFactory, launched_study

pytestmark = pytest.mark.django_db


def suspicious_lines() -> list[str]:
    """Twelve honest raters of 60 comparisons; r12 guesses, r13 copies r0, r14 always takes d."""
    rng = np.random.default_rng(3)
    lines = []
    for item in range(60):
        a, b = rng.choice(4, size=2, replace=False)
        said = {}
        for rater in range(12):
            said[rater] = "left" if rng.random() < 1 / (1 + np.exp(-(b - a) * 0.8)) else "right"
        said[12] = str(rng.choice(["left", "right"]))
        said[13] = said[0]
        said[14] = "left" if a == 3 else "right" if b == 3 else said[1]
        lines += [f"{'abcd'[a]},{'abcd'[b]},{said[r]},r{r},p{item},all" for r in said]
    return lines


def test_guessers_copies_and_favourites_are_found(tmp_path):
    study = imported(tmp_path, suspicious_lines())
    label = dict(study.raters.values_list("public_id", "label"))
    found = diagnosis(study, choices(study).default)
    epsilon = dict(zip(found.mixture.raters, found.mixture.epsilon, strict=True))
    top = sorted(epsilon, key=lambda name: -epsilon[name])[:2]
    assert {label[name] for name in top} == {"r12", "r14"}
    pairs = {frozenset((label[row.first], label[row.second])) for row in found.similar.frame.itertuples()}
    assert frozenset(("r0", "r13")) in pairs
    loudest = found.favoured.frame.iloc[0]
    assert (label[loudest.rater], loudest.generator, loudest.direction) == ("r14", "d", "for")
    assert len(mixture_table(found.mixture).rows) == 15
    assert len(similar_table(found.similar).rows) == len(found.similar.frame)
    assert "105 tested" in similar_words(found.similar)
    assert favoured_table(found.favoured).rows[0][1].text == "d"


def test_the_excluded_are_looked_at_as_well(tmp_path):
    study = imported(tmp_path, suspicious_lines())
    filters = choices(study).default
    rater = study.raters.first()
    rater.exclusions.create(reason="bot")
    assert len(diagnosis(study, filters).mixture.raters) == 15


@pytest.mark.long
def test_other_protocols_and_no_votes_say_why_nothing_is_known():
    likert = voted_study(raters=1, protocol="likert")
    found = diagnosis(likert, choices(likert).default)
    assert "two pictures only" in mixture_words(found.mixture)
    empty = launched_study()
    assert isinstance(diagnosis(empty, choices(empty).default).mixture, Undefined)


def test_leaving_early_is_told_by_panel():
    study = launched_study()
    assert "No person has finished" in leaving_words(leaving(study))[0][1]
    now = timezone.now()
    first, second = study.panels.get(), PanelFactory(study=study)
    for number in range(10):
        RaterFactory(panel=first, state="finished", voted=6, consented_at=now, completion_code=f"A{number}")
        state = "withdrawn" if number else "finished"
        RaterFactory(panel=second, state=state, voted=number, consented_at=now, completion_code=f"B{number}")
    RaterFactory(panel=second, state="active", voted=2, consented_at=now)
    found = leaving(study)
    assert found.arms["entered"].tolist() == [10, 10]
    assert sorted(found.arms["finished"]) == [1, 10]
    said = dict(leaving_words(found))
    assert said["Do panels finish alike?"].startswith("A difference is shown (p < 0.001; Pearson")
    assert len(leaving_table(found).rows) == 2
