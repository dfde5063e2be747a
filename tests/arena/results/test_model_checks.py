"""Whether the model fits, and what holds without it."""

import numpy as np
import pytest

from annotations.models import Image
from arena.analytics.result import Undefined
from arena.results.filters import choices
from arena.results.labels import number as printed
from arena.results.model_checks import model_checks
from arena.results.model_words import (
    cycles_table,
    evidence_table,
    said,
    style_parts_table,
    style_table,
    style_words,
)
from tests.arena.results.studies import imported, noisy_lines, voted_study
from tests.arena.results.test_machines import metric, score
from tests.factories import launched_study

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_clear_winners_are_decided_at_any_look_and_equals_are_not(tmp_path):
    lines = [f"a,b,left,r{n},p{n % 5},x" for n in range(40)]
    lines += [f"b,c,{'left' if n % 2 else 'right'},r{n},p{n % 5},x" for n in range(40)]
    study = imported(tmp_path, lines)
    found = model_checks(study, choices(study).default)
    rows = {row[0].text: row for row in evidence_table(found.evidence).rows}
    assert rows["a and b"][2].text == "yes"
    assert 0 < int(rows["a and b"][3].text) <= 40
    assert rows["b and c"][2].text == "not yet"
    for row in rows.values():
        assert printed(float(row[1].value), 2) == row[1].text
    assert "1 of 2 pairs are decided" in dict(said(found))["Decided pairs, looking at any time"]


def test_a_circle_of_the_crowd_is_named(tmp_path):
    lines = [f"{a},{b},left,r{n},p{n % 4},x" for n in range(20) for a, b in ("ab", "bc", "ca")]
    study = imported(tmp_path, lines)
    found = model_checks(study, choices(study).default)
    assert found.triads.circular == 1
    assert cycles_table(found.triads).rows[0][0].text.count("beats") == 3


def test_every_check_says_why_it_is_not_known_without_votes():
    study = launched_study()
    found = model_checks(study, choices(study).default)
    assert isinstance(found.goodness, Undefined)
    assert all(words for _, words in said(found))


def test_strengths_at_equal_style_stand_beside_the_plain_ones():
    study = voted_study(raters=4, check_every=0, prompts=6)
    rng = np.random.default_rng(1)
    by = metric("sharpness", higher_is_better=None)
    missing = model_checks(study, choices(study).default).style
    assert missing.code == "no_difference"
    assert "alike in size" in missing.reason
    score(study, by, lambda image: rng.normal())
    found = model_checks(study, choices(study).default).style
    assert [row.name for row in found.effects] == ["sharpness"]
    table = style_table(found)
    assert len(table.rows) == Image.objects.filter(study=study).values("generator").distinct().count()
    assert any("Sharpness" in line for line in style_words(found))


def test_size_and_shape_are_style_too_unless_they_are_the_generator():
    study = voted_study(raters=4, check_every=0, prompts=8)
    rng = np.random.default_rng(2)
    images = list(Image.objects.filter(study=study))
    for image in images:
        image.width, image.height = (int(side) for side in rng.choice([64, 96, 128], size=2))
    Image.objects.bulk_update(images, ["width", "height"])
    found = model_checks(study, choices(study).default).style
    assert [row.name for row in found.effects] == ["size", "elongation"]
    assert any(line.startswith("Size: ") for line in style_words(found))
    # A side that each generator keeps to is no style that could be told from its strength.
    sides = {pk: 64 * (1 + place) for place, pk in enumerate(sorted({i.generator_id for i in images}))}
    for image in images:
        image.width = image.height = sides[image.generator_id]
    Image.objects.bulk_update(images, ["width", "height"])
    score(study, metric("sharpness", higher_is_better=None), lambda image: rng.normal())
    kept = model_checks(study, choices(study).default).style
    assert [row.name for row in kept.effects] == ["sharpness"]
    assert any("size cannot be told" in line for line in style_words(kept))


def test_votes_without_pictures_have_no_style(tmp_path):
    study = imported(tmp_path, noisy_lines(60))
    assert model_checks(study, choices(study).default).style.code == "no_pictures"


def test_style_has_an_effect_of_its_own_in_each_category():
    study = voted_study(raters=4, check_every=0, prompts=6)
    for number, prompt in enumerate(study.prompts.all()):
        prompt.category = ("people", "places")[number % 2]
        prompt.save()
    rng = np.random.default_rng(1)
    score(study, metric("sharpness", higher_is_better=None), lambda image: rng.normal())
    found = model_checks(study, choices(study).default).style_by
    assert set(found) == {"category"}
    assert {row.part for row in found["category"].effects} == {"people", "places"}
    rows = style_parts_table("category", found["category"]).rows
    assert [row[1].text for row in rows] == [row.part for row in found["category"].effects]


def test_a_fit_without_trouble_says_so(tmp_path):
    study = imported(tmp_path, noisy_lines())
    words = dict(said(model_checks(study, choices(study).default)))
    assert "settled after" in words["The fit"]
    assert "Wald test on 3 degrees" in words["Position by generator"]
