import json
from pathlib import Path

import pytest
import torch

from scoring.metrics.shapes.batches import make_batch
from scoring.metrics.shapes.model import RECORD_FILE, WEIGHTS_FILE, load, weights_sha256
from scoring.metrics.shapes.train import CHECKPOINT_FILE, Plan, Trainer, train

pytestmark = pytest.mark.slow
PLAN = Plan(seed=5, batch=32, learning_rate=1.5e-3, weight_decay=0.1, threads=2)


@pytest.fixture(autouse=True)
def _leave_torch_as_it_was():
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(False)


def test_the_loss_falls_within_a_hundred_steps(tmp_path: Path):
    trainer = Trainer(tmp_path, PLAN)
    losses = [trainer.step(make_batch(1, index, PLAN.batch)) for index in range(100)]
    chance = torch.log(torch.tensor(float(PLAN.batch)))
    assert sum(losses[:5]) / 5 > 0.9 * chance
    assert sum(losses[-10:]) / 10 < 0.6 * chance


def test_the_same_plan_gives_the_same_weights_and_leaves_no_checkpoint(tmp_path: Path):
    for name in ("one", "other"):
        progress = train(tmp_path / name, PLAN, minutes=1, steps=4)
        assert progress.step == 4
    assert weights_sha256(tmp_path / "one") == weights_sha256(tmp_path / "other")
    assert not (tmp_path / "one" / CHECKPOINT_FILE).exists()
    assert json.loads((tmp_path / "one" / RECORD_FILE).read_text())["seed"] == PLAN.seed
    assert load(tmp_path / "one").model.logit_scale.ndim == 0


def test_a_stopped_training_goes_on_where_it_was_and_ends_alike(tmp_path: Path):
    train(tmp_path / "straight", PLAN, minutes=1, steps=6)
    stopped = Trainer(tmp_path / "stopped", PLAN)
    stopped.progress.steps = 6
    for index in range(3):
        stopped.step(make_batch(stopped.stream, index, PLAN.batch))
    stopped.save_checkpoint()
    assert train(tmp_path / "stopped", PLAN, minutes=1, steps=6).step == 6
    assert weights_sha256(tmp_path / "stopped") == weights_sha256(tmp_path / "straight")


def test_a_checkpoint_of_another_plan_is_refused(tmp_path: Path):
    Trainer(tmp_path, PLAN).save_checkpoint()
    other = Plan(seed=6, batch=32, learning_rate=1.5e-3, weight_decay=0.1, threads=2)
    with pytest.raises(SystemExit, match="another plan"):
        train(tmp_path, other, minutes=1, steps=2)
    assert not (tmp_path / WEIGHTS_FILE).exists()
