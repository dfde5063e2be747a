"""Comparisons, the audit chain and preference pairs as files, and the recount that verifies them."""

import json

import pytest

from annotations.actions import exclusions
from arena.analytics import recount
from arena.results import export
from arena.results.filters import choices
from tests.arena.results.studies import busiest, imported, noisy_lines, voted_study
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def lines(kind, study):
    offered = choices(study)
    data = b"".join(export.export(kind, "jsonl", study, offered.default, offered))
    return [json.loads(line) for line in data.splitlines()]


def test_every_comparison_is_there_with_its_images_and_known_answers():
    study = voted_study()
    rows = lines("comparisons", study)
    assert len(rows) == study.comparisons.count()
    checks = [row for row in rows if row["kind"] == "check"]
    assert checks
    assert all(row["expected"] and row["check_kind"] for row in checks)
    assert all(len(json.loads(row["images"])) == 2 for row in rows)


@pytest.mark.long
def test_preference_pairs_count_votes_for_either_image_whatever_its_side():
    study = voted_study(raters=3)
    rows = lines("preferences", study)
    assert rows
    for row in rows:
        assert row["chosen"] != row["rejected"]
        assert 0 < row["margin"] <= 1
        assert row["votes"] <= 3
        assert len(row["chosen_sha256"]) == 64
    # The generator earlier in the alphabet is preferred three times out of four.
    early = [row for row in rows if row["chosen_generator"] < row["rejected_generator"]]
    assert len(early) > len(rows) / 2


@pytest.mark.long
def test_the_recount_verifies_design_and_audit_from_their_files(tmp_path, client, capsys):
    study = voted_study()
    exclusions.exclude(rater=busiest(study), reason="bot", actor="ana")
    client.force_login(UserFactory())
    files = {}
    for name in ("votes.csv", "audit.jsonl", "design.json"):
        answer = client.get(f"/studies/{study.public_id}/export/{name}")
        assert answer.status_code == 200
        files[name] = tmp_path / name
        files[name].write_bytes(b"".join(answer) if answer.streaming else answer.content)
    arguments = [str(files["votes.csv"]), "--design", str(files["design.json"])]
    arguments += ["--audit", str(files["audit.jsonl"]), "--where", "simulated=no"]
    assert recount.main(arguments) == 0
    said = capsys.readouterr().err
    assert f"SHA-256 {study.design_hash}" in said
    assert "audit verified" in said
    text = (
        files["audit.jsonl"]
        .read_text()
        .replace('"reason\\": \\"bot', '"reason\\": \\"bad')
        .replace('reason\\":\\"bot', 'reason\\":\\"bad')
    )
    files["audit.jsonl"].write_text(text)
    assert recount.main(arguments) == 1
    assert "NOT VERIFIED" in capsys.readouterr().err


def test_votes_made_elsewhere_have_no_design_to_verify(tmp_path, client):
    study = imported(tmp_path, noisy_lines(60))
    client.force_login(UserFactory())
    assert client.get(f"/studies/{study.public_id}/export/design.json").status_code == 404
    page = client.get(f"/studies/{study.public_id}/results/export/").content.decode()
    assert "recount" in page
    assert "--design" not in page
