"""Trains one network or several at once on one stream of crops: checkpoints, schedule, log.

A network is named "all" (trained on every crop) or by the letters of the hold-out groups that are
left out.
"""

import csv
import os
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import cv2
import torch
from torch import nn

from .dataset import prepare, read_index, select
from .losses import Losses, losses
from .network import NucleusNetwork, parameter_count
from .stream import SLOT, Batch, Stream, unpack_answers
from .warm_start import fill_norms, read_onnx

EVERYTHING = "all"
CALIBRATION_BATCHES = 15


@dataclass(frozen=True)
class Plan:
    """The options of a training run.

    `minutes` replaces `steps`: the schedule then follows the clock. `plain` is the share of crops
    that are hardly changed (see `augmentation.draw`). `batch` is a multiple of the stream's `SLOT`.
    bfloat16 is faster on a GPU and on a CPU with AMX or AVX-512 bf16, and slower elsewhere.
    `device` is PyTorch's device name ("cuda"). `workers` draw crops: one fewer than cores.
    Each batch is used `repeats` times, rotated and mirrored, if a GPU has to wait for crops.
    """

    networks: str = EVERYTHING
    steps: int = 20000
    minutes: float | None = None
    batch: int = SLOT
    crop: int = 192
    plain: float = 0.65
    learning_rate: float = 2e-3
    weight_decay: float = 1e-3
    warm_up: int = 200
    decay_share: float = 0.35
    average: float = 0.998
    seed: int = 1
    threads: int = 1
    workers: int = 1
    repeats: int = 1
    bfloat16: bool = False
    device: str = "cpu"
    log_every: int = 50
    save_minutes: float = 3.0

    @property
    def names(self) -> list[str]:
        return self.networks.split(",")


def learning_rate(step: int, progress: float, plan: Plan) -> float:
    """Warm-up, then constant, then decay to 0 as 1 - sqrt; `progress` from 0 to 1."""
    if step < plan.warm_up:
        return plan.learning_rate * (step + 1) / plan.warm_up
    falling = (progress - (1 - plan.decay_share)) / plan.decay_share
    return plan.learning_rate * (1 - min(max(falling, 0.0), 1.0) ** 0.5)


class Average:
    """Exponential moving average of weights and batch-norm statistics."""

    def __init__(self, network: nn.Module, most: float) -> None:
        self.most = most
        self.state = {k: v.detach().clone() for k, v in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        keep = min(self.most, (step + 1) / (step + 10))
        mine, theirs = [], []
        for name, value in network.state_dict().items():
            if value.dtype.is_floating_point:
                mine.append(self.state[name])
                theirs.append(value)
            else:
                self.state[name].copy_(value)
        torch._foreach_lerp_(mine, theirs, 1 - keep)


class Learner:
    """One network with its optimizer and average."""

    def __init__(self, plan: Plan, places: list[int]) -> None:
        torch.manual_seed(plan.seed)
        self.plan = plan
        slots = plan.batch // SLOT
        every = [slot * SLOT + k for slot in range(slots) for k in places]
        self.places = None if len(places) == SLOT else torch.tensor(every, device=plan.device)
        self.network = NucleusNetwork().to(plan.device, memory_format=torch.channels_last)
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(),
            plan.learning_rate,
            weight_decay=plan.weight_decay,
            fused=True,
        )
        self.average = Average(self.network, plan.average)

    def state(self) -> dict[str, dict]:
        return {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "average": self.average.state,
        }

    def load(self, state: dict[str, dict]) -> None:
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.average.state = state["average"]

    def start_from(self, network: NucleusNetwork) -> None:
        self.network.load_state_dict(network.state_dict())
        self.average = Average(self.network, self.plan.average)

    def train_step(self, batch: Batch, rate: float, step: int) -> Losses:
        if self.places is not None:
            batch = batch.part(self.places)
        device = torch.device(self.plan.device)
        images = batch.images.float().to(memory_format=torch.channels_last)
        with torch.autocast(device.type, torch.bfloat16, enabled=self.plan.bfloat16):
            logits = self.network(images)
        parts = losses(logits, unpack_answers(batch.packed), batch.incomplete)
        self.optimizer.zero_grad(set_to_none=True)
        parts.total.backward()
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self.average.update(self.network, step + 1)
        return parts


class Run:
    """The content of a checkpoint."""

    def __init__(self, plan: Plan, stream: Stream) -> None:
        if plan.batch % SLOT:
            raise ValueError(f"the batch must be a multiple of {SLOT}")
        self.plan = plan
        self.step = 0
        self.seconds = 0.0
        self.learners = {
            name: Learner(plan, stream.places("" if name == EVERYTHING else name))
            for name in plan.names
        }

    @property
    def progress(self) -> float:
        if self.plan.minutes is not None:
            return self.seconds / (60 * self.plan.minutes)
        return self.step / self.plan.steps

    def save(self, path: Path) -> None:
        state = {
            "plan": asdict(self.plan),
            "step": self.step,
            "seconds": self.seconds,
            "learners": {name: learner.state() for name, learner in self.learners.items()},
        }
        partial = path.with_suffix(".partial")
        torch.save(state, partial)
        partial.replace(path)

    def load(self, path: Path) -> None:
        state = torch.load(path, weights_only=True, map_location=self.plan.device)
        self.step, self.seconds = state["step"], state["seconds"]
        for name, learner in self.learners.items():
            learner.load(state["learners"][name])

    def train_step(self, batch: Batch) -> tuple[float, dict[str, Losses]]:
        rate = learning_rate(self.step, self.progress, self.plan)
        parts = {n: lr.train_step(batch, rate, self.step) for n, lr in self.learners.items()}
        self.step += 1
        return rate, parts


COLUMNS = (
    "step", "seconds", "crops_per_second", "progress", "learning_rate",
    "network", "loss", "interior", "boundary", "distance",
)  # fmt: skip


class Table:
    """The log: rows in `log.csv`, and on the terminal."""

    def __init__(self, path: Path) -> None:
        new = not path.exists()
        self.file = open(path, "a", newline="", buffering=1)  # noqa: SIM115
        self.writer = csv.DictWriter(self.file, COLUMNS)
        if new:
            self.writer.writeheader()

    def row(self, values: dict[str, float | int | str]) -> None:
        rounded = {k: round(v, 5) if isinstance(v, float) else v for k, v in values.items()}
        self.writer.writerow(rounded)
        print(time.strftime("%H:%M:%S"), *(f"{k}={v}" for k, v in rounded.items()), flush=True)


def train(data: Path, folder: Path, plan: Plan, start_from: Path | None = None) -> Path:
    """Trains until the plan's end and returns the checkpoint. Resumes from `folder/last.pt`.

    The networks begin with chance or with `start_from`, an ONNX file of this package.
    """
    folder.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(0)
    torch.set_num_threads(plan.threads)
    torch.backends.cudnn.benchmark = True
    chosen = select(read_index(data), "train")
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        samples = list(pool.map(prepare, chosen, chunksize=8))
    print(f"{len(samples)} images to train on", flush=True)
    stream = Stream(samples, plan.crop, plan.plain, plan.seed, plan.workers)
    run = Run(plan, stream)
    last = folder / "last.pt"
    if last.exists():
        run.load(last)
    elif start_from is not None:
        network = read_onnx(start_from)
        some = Stream(samples, plan.crop, plan.plain, plan.seed, 0).batches(1, 0, "cpu")
        fill_norms(network, (b.images.float() for b in islice(some, CALIBRATION_BATCHES)))
        for learner in run.learners.values():
            learner.start_from(network)
    parameters = parameter_count(next(iter(run.learners.values())).network)
    print(f"{parameters} parameters, at step {run.step}", flush=True)
    if run.progress < 1:
        first = run.step // plan.repeats * (plan.batch // SLOT)
        go_on(run, stream.batches(plan.batch // SLOT, first, plan.device), folder)
    return last


def go_on(run: Run, batches: Iterable[Batch], folder: Path) -> None:
    """Trains to the end."""
    plan, last = run.plan, folder / "last.pt"
    table = Table(folder / "log.csv")
    began, before = time.monotonic(), run.seconds
    saved = window_began = began
    window = run.step
    for batch in repeated(batches, plan.repeats):
        rate, parts = run.train_step(batch)
        now = time.monotonic()
        run.seconds = before + now - began
        finished = run.progress >= 1
        if run.step % plan.log_every == 0 or finished:
            shown = {
                "step": run.step,
                "seconds": run.seconds,
                "crops_per_second": (run.step - window) * plan.batch / (now - window_began),
                "progress": run.progress,
                "learning_rate": rate,
            }
            for name, part in parts.items():
                numbers = {
                    "loss": part.total.item(),
                    "interior": part.interior.item(),
                    "boundary": part.boundary.item(),
                    "distance": part.distance.item(),
                }
                table.row({**shown, "network": name, **numbers})
            window, window_began = run.step, now
        if finished or now - saved > 60 * plan.save_minutes:
            run.save(last)
            saved = now
        if finished:
            return


def repeated(batches: Iterable[Batch], times: int) -> Iterator[Batch]:
    """Every batch unchanged, then in `times` - 1 of the seven other rotations and reflections."""
    for batch in batches:
        yield batch
        for position in torch.randperm(7)[: times - 1].tolist():
            yield batch.turned((position + 1) % 4, position >= 3)
