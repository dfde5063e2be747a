"""Train shapes-clip from nothing, on pictures drawn as it goes.

    python -m scoring.metrics.shapes.train --out DIR --minutes 30 --seed 1

`--minutes` measures the machine's speed over the first steps and plans as many steps as fit; `--steps` says
their number outright. Seed, steps and threads decide the result. Stopped, it goes on from its last
checkpoint when started again with the same arguments. On a busy machine set OMP_WAIT_POLICY=PASSIVE: threads
that spin while they wait for each other cost half of the speed there.
"""

import argparse
import json
import math
import multiprocessing
import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import cross_entropy

from scoring.metrics.shapes.batches import Batch, make_batch
from scoring.metrics.shapes.model import (
    MEAN,
    RECORD_FILE,
    STD,
    build_untrained,
    load_tokenizer,
    save_weights,
)

CHECKPOINT_FILE = "checkpoint.pt"
# Training and held-out evaluation draw from different streams, whatever the seeds.
TRAINING_STREAM = 0
_WARM_UP_STEPS = 100
_MEASURED_STEPS = (10, 40)
_CHECKPOINT_EVERY = 100
_PREFETCHED = 4
_MAX_SCALE = 100.0
_POSITION_BOOST = 10.0
_SETTLING_BATCHES = 40
_SETTLING_FROM = 10_000_000  # beyond any training: pictures not yet seen


@dataclass(frozen=True, slots=True)
class Plan:
    """The arguments that decide the result, together with the number of steps."""

    seed: int
    batch: int
    learning_rate: float
    weight_decay: float
    threads: int


@dataclass(slots=True)
class Progress:
    """Where a run stands; `steps` is 0 until the machine's speed is known."""

    step: int = 0
    steps: int = 0
    seconds: float = 0.0
    loss: float = math.nan


class Trainer:
    """The model, its optimiser, and how far they have come."""

    def __init__(self, out: Path, plan: Plan) -> None:
        torch.set_num_threads(plan.threads)
        torch.manual_seed(plan.seed)
        torch.use_deterministic_algorithms(True)
        self.out, self.plan, self.progress = out, plan, Progress()
        self.stream = plan.seed * 2 + TRAINING_STREAM
        self.model = cast(Any, build_untrained(out))
        self.model.to(memory_format=torch.channels_last)  # a third faster with the autocast below
        with torch.no_grad():
            # From open_clip's usual start the pooling learns left from right in twice as many steps.
            self.model.visual.attnpool.positional_embedding.mul_(_POSITION_BOOST)
        self.tokenize = load_tokenizer(out)
        decayed = [p for p in self.model.parameters() if p.ndim >= 2]
        others = [p for p in self.model.parameters() if p.ndim < 2]
        self.optimizer = torch.optim.AdamW(
            [{"params": decayed, "weight_decay": plan.weight_decay}, {"params": others, "weight_decay": 0.0}],
            lr=plan.learning_rate,
            betas=(0.9, 0.98),
        )

    def step(self, batch: Batch) -> float:
        """Pull every picture towards its own caption and away from all others of the batch."""
        for settings in self.optimizer.param_groups:
            settings["lr"] = self.plan.learning_rate * self._rate()
        pictures = _to_input(batch)
        with sdpa_kernel(SDPBackend.MATH), torch.autocast("cpu", torch.bfloat16):
            seen = self.model.encode_image(pictures, normalize=True)
            said = self.model.encode_text(self.tokenize(list(batch.captions)), normalize=True)
        logits = self.model.logit_scale.exp() * seen.float() @ said.float().T
        own = torch.arange(len(logits))
        loss = (cross_entropy(logits, own) + cross_entropy(logits.T, own)) / 2
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        with torch.no_grad():
            self.model.logit_scale.clamp_(0.0, math.log(_MAX_SCALE))
        self.progress.step += 1
        return float(loss.detach())

    def _rate(self) -> float:
        """A linear warm-up, then half a cosine down to nothing."""
        done = self.progress
        if done.step < _WARM_UP_STEPS or not done.steps:
            return min(1.0, (done.step + 1) / _WARM_UP_STEPS)
        share = (done.step - _WARM_UP_STEPS) / max(1, done.steps - _WARM_UP_STEPS)
        return 0.5 * (1 + math.cos(math.pi * min(1.0, share)))

    def settle(self) -> None:
        """Replace the running statistics, an average of ten batches or so, by those of many more."""
        normalisations = [m for m in self.model.modules() if isinstance(m, torch.nn.BatchNorm2d)]
        for normalisation in normalisations:
            normalisation.reset_running_stats()
            normalisation.momentum = None  # a plain average
        with torch.no_grad():
            for index in range(_SETTLING_BATCHES):
                batch = make_batch(self.stream, _SETTLING_FROM + index, self.plan.batch)
                self.model.encode_image(_to_input(batch))

    def save_checkpoint(self) -> None:
        """Written beside and moved into place, so a kill in mid-write loses nothing."""
        target = self.out / CHECKPOINT_FILE
        partial = target.with_suffix(".partial")
        state = {
            "plan": asdict(self.plan),
            "progress": asdict(self.progress),
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }
        torch.save(state, partial)
        partial.replace(target)

    def resume(self) -> None:
        """Go on from the last checkpoint, if there is one of the same plan."""
        source = self.out / CHECKPOINT_FILE
        if not source.exists():
            return
        state = torch.load(source, weights_only=True)
        if state["plan"] != asdict(self.plan):
            raise SystemExit(f"{source} belongs to another plan: {state['plan']}. Remove it to start anew.")
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.progress = Progress(**state["progress"])


def train(out: Path, plan: Plan, *, minutes: float, steps: int | None) -> Progress:
    """Train until the planned steps are done, then write weights and the training record."""
    trainer = Trainer(out, plan)
    trainer.resume()
    progress = trainer.progress
    progress.steps = progress.steps or steps or 0
    before, started, measured_from = progress.seconds, time.monotonic(), 0.0
    for batch in _batches(trainer.stream, plan.batch, progress):
        if progress.step == _MEASURED_STEPS[0]:
            measured_from = time.monotonic()
        loss = trainer.step(batch)
        progress.loss = loss if math.isnan(progress.loss) else 0.98 * progress.loss + 0.02 * loss
        progress.seconds = before + time.monotonic() - started
        if progress.step == _MEASURED_STEPS[1] and not progress.steps:
            pace = (time.monotonic() - measured_from) / (_MEASURED_STEPS[1] - _MEASURED_STEPS[0])
            progress.steps = max(_MEASURED_STEPS[1], int(minutes * 60 / pace))
        if progress.step % 20 == 0:
            print(
                f"step {progress.step}/{progress.steps or '?'}  loss {progress.loss:.3f}  "
                f"scale {float(trainer.model.logit_scale.exp().detach()):.1f}  {progress.seconds:.0f} s",
                flush=True,
            )
        if progress.step % _CHECKPOINT_EVERY == 0:
            trainer.save_checkpoint()
    _finish(trainer)
    return progress


def _finish(trainer: Trainer) -> None:
    trainer.settle()
    save_weights(trainer.model, trainer.out)
    record = {**asdict(trainer.plan), **asdict(trainer.progress), "torch": torch.__version__}
    (trainer.out / RECORD_FILE).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    (trainer.out / CHECKPOINT_FILE).unlink(missing_ok=True)


def _batches(stream: int, size: int, progress: Progress) -> Iterator[Batch]:
    """Batches in order, drawn by a second process a few ahead, until the progress says enough."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, initializer=_end_with_parent) as pool:
        coming: deque[Future[Batch]] = deque()
        asked = progress.step
        try:
            while not progress.steps or progress.step < progress.steps:
                while len(coming) < _PREFETCHED:
                    coming.append(pool.submit(make_batch, stream, asked, size))
                    asked += 1
                yield coming.popleft().result()
        finally:
            for future in coming:
                future.cancel()


def _end_with_parent() -> None:
    """Leave no drawing process behind when the training is killed."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _to_input(batch: Batch) -> torch.Tensor:
    pictures = torch.from_numpy(batch.pictures).permute(0, 3, 1, 2).float() / 255
    mean, std = torch.tensor(MEAN).view(1, 3, 1, 1), torch.tensor(STD).view(1, 3, 1, 1)
    return ((pictures - mean) / std).contiguous(memory_format=torch.channels_last)


def main() -> None:
    """Read the arguments and train."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for the model")
    parser.add_argument("--minutes", type=float, default=30.0, help="plan as many steps as fit (default 30)")
    parser.add_argument("--steps", type=int, help="number of steps, instead of --minutes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--learning-rate", type=float, default=1.5e-3)
    parser.add_argument("--weight-decay", type=float, default=0.1)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    plan = Plan(given.seed, given.batch, given.learning_rate, given.weight_decay, given.threads)
    train(given.out, plan, minutes=given.minutes, steps=given.steps)


if __name__ == "__main__":
    main()
