import pytest

from annotations.actions import blocks, studies, translations
from annotations.errors import StudyRefused
from tests.factories import draft_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    study = draft_study(prompts=1, generators=2)
    for title in ("two", "three"):
        blocks.add(study=study, actor=None, title=title)
    return study


@pytest.mark.parametrize(
    ("moved", "by", "after"),
    [
        ("three", -2, ["three", "", "two"]),
        ("three", -9, ["three", "", "two"]),
        ("two", 1, ["", "three", "two"]),
        ("two", 0, ["", "two", "three"]),
    ],
)
def test_a_block_is_moved_as_far_as_there_is_room(study, moved, by, after):
    blocks.move(block=study.blocks.get(title=moved), actor=None, by=by)
    assert list(study.blocks.values_list("title", flat=True)) == after
    assert list(study.blocks.values_list("position", flat=True)) == [0, 1, 2]


def test_the_order_of_blocks_and_their_texts_are_frozen_at_launch(study):
    studies.launch(study=study, actor=None)
    with pytest.raises(StudyRefused, match="frozen"):
        blocks.move(block=study.blocks.last(), actor=None, by=-1)
    with pytest.raises(StudyRefused, match="frozen"):
        translations.write(study=study, actor=None, language="de", texts={})


def test_a_language_is_replaced_as_a_whole_and_others_stay(study):
    german = {"study": {"instructions": "Schau."}, "main": {"question": "Welches?"}}
    translations.write(study=study, actor=None, language="de", texts=german)
    translations.write(study=study, actor=None, language="fr", texts={"main": {"question": "Lequel ?"}})
    translations.write(study=study, actor=None, language="de", texts={"main": {"question": "Welche?"}})
    study.refresh_from_db()
    assert study.translations == {}
    assert study.block.translations == {
        "fr": {"question": "Lequel ?"},
        "de": {"question": "Welche?"},
    }


def test_what_is_not_there_cannot_be_translated(study):
    with pytest.raises(StudyRefused, match="no charm to translate"):
        translations.write(study=study, actor=None, language="de", texts={"charm": {"question": "?"}})
