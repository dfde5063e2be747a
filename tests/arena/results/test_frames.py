import pytest

from annotations.models import Vote
from arena.results.filters import choices
from arena.results.frames import CHECK, REGULAR, pair_frame, rating_frame
from arena.results.selection import select
from tests.arena.results.studies import imported, noisy_lines, voted_study

pytestmark = pytest.mark.django_db


def test_sides_and_outcomes_are_those_of_the_file(tmp_path):
    lines = noisy_lines(60)
    study = imported(tmp_path, lines)
    frame = pair_frame(study, select(study, choices(study).default), "overall")
    labels = dict(study.raters.values_list("public_id", "label"))
    seen = [
        f"{row.left},{row.right},{row.outcome},{labels[row.rater]},{row.prompt},{row.category}"
        for row in frame.itertuples()
    ]
    assert seen == lines


def test_sides_are_those_that_raters_saw():
    study = voted_study(raters=2, check_every=0)
    frame = pair_frame(study, select(study, choices(study).default), "overall")
    for vote, row in zip(Vote.objects.filter(study=study).order_by("id"), frame.itertuples(), strict=True):
        slots = list(vote.comparison.slots.order_by("index"))
        shown = [slots[int(index)] for index in vote.order]
        assert (row.left, row.right) == tuple(slot.generator.name for slot in shown)
        assert (row.image_left, row.image_right) == tuple(slot.image_id for slot in shown)
        assert row.outcome == vote.answer["overall"]


def test_checks_are_selected_only_when_asked_for():
    study = voted_study(raters=2)
    filters = choices(study).default
    regular, checks = select(study, filters), select(study, filters, kinds=(CHECK,))
    assert regular.rows.size == Vote.objects.filter(study=study, kind="regular").count() > 0
    assert checks.rows.size == Vote.objects.filter(study=study, kind="check").count() > 0
    both = select(study, filters, kinds=(REGULAR, CHECK))
    assert both.counts == regular.counts
    assert both.counts.check_votes == checks.rows.size


def test_ratings_have_one_row_per_criterion():
    study = voted_study(raters=1, protocol="likert", check_every=0)
    frame = rating_frame(study, select(study, choices(study).default), study.block)
    votes = list(Vote.objects.filter(study=study).order_by("id"))
    expected = {
        (vote.comparison.slots.get().generator.name, vote.comparison.prompt.key, key, points)
        for vote in votes
        for key, points in vote.answer.items()
    }
    assert len(frame) == sum(len(vote.answer) for vote in votes)
    found = zip(frame["generator"], frame["prompt"], frame["criterion"], frame["rating"], strict=True)
    assert set(found) == expected
