"""The training loop: warm-up, constant learning rate, decay; resumable at any step.

Batch number `step` is a function of (seed, step) alone, so a run that was killed goes on exactly
where its last checkpoint was. Besides `last.pt` the run keeps `stable.pt`, taken when the decay
begins: more training later starts there.

Two replicas of one thread each share their gradients once a step: on a machine that does other work
too, that was four times as fast as two threads that wait for each other in every layer.
"""

import csv
import tempfile
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import distributed, multiprocessing, nn
from torch.utils.data import DataLoader, Dataset

from . import augmentation
from .dataset import Record, Sample, prepare, read_index, sampling_weights, select
from .losses import losses
from .network import NucleusNetwork, parameter_count
from .validate import quick_subset, validate
from .warm_start import fill_norms, read_onnx

COLUMNS = (
    "step", "seconds", "crops_per_second", "learning_rate", "total_steps",
    "loss", "interior", "boundary", "distance", "validation_map",
)  # fmt: skip
CALIBRATION_BATCHES = 40


@dataclass(frozen=True)
class Plan:
    """`minutes` replaces `steps` by what fits the time left, until the decay begins.

    `plain` is the share of crops that are hardly changed (see `augmentation.draw`). `batch` is
    shared by the replicas; `threads` and `workers` are for each. bfloat16 pays only on a processor
    with AMX or AVX-512 bf16 (two to three times as fast there, slower elsewhere) and on a GPU.
    `device` is PyTorch's name of one ("cuda"); there, one replica and a worker for each core.
    """

    steps: int = 20000
    minutes: float | None = None
    batch: int = 12
    crop: int = 192
    plain: float = 0.75
    learning_rate: float = 2e-3
    weight_decay: float = 1e-3
    warm_up: int = 200
    decay_share: float = 0.25
    average: float = 0.998
    seed: int = 1
    replicas: int = 2
    threads: int = 1
    workers: int = 1
    bfloat16: bool = False
    device: str = "cpu"
    log_every: int = 50
    save_every: int = 200
    validate_minutes: float = 10.0


def learning_rate(step: int, plan: Plan, decay_start: int, total: int) -> float:
    """Warm-up, then constant, then down to nothing as 1 - sqrt."""
    if step < plan.warm_up:
        return plan.learning_rate * (step + 1) / plan.warm_up
    if step < decay_start:
        return plan.learning_rate
    done = (step - decay_start) / max(total - decay_start, 1)
    return plan.learning_rate * max(1 - done**0.5, 0.0)


class Batches(Dataset):
    """Item number `step` is this replica's share of the batch of that step."""

    def __init__(self, samples: list[Sample], plan: Plan, replica: int) -> None:
        share = plan.batch // plan.replicas
        self.places = range(replica * share, (replica + 1) * share)
        self.samples = samples
        self.weights = sampling_weights([s.record for s in samples])
        self.plan = plan

    def __len__(self) -> int:
        return 1 << 30

    def __getitem__(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        images, answers = [], []
        for k in self.places:
            rng = np.random.default_rng((self.plan.seed, step, k))
            sample = self.samples[rng.choice(len(self.samples), p=self.weights)]
            crop = augmentation.draw(sample, self.plan.crop, rng, self.plan.plain)
            images.append(crop.image)
            answers.append(augmentation.answers(crop))
        return torch.from_numpy(np.stack(images)), torch.from_numpy(np.stack(answers))


def _quiet_worker(_: int) -> None:
    cv2.setNumThreads(0)


def loader(samples: list[Sample], plan: Plan, replica: int, first_step: int) -> DataLoader:
    return DataLoader(
        Batches(samples, plan, replica),
        sampler=range(first_step, 1 << 30),
        batch_size=None,
        num_workers=plan.workers,
        prefetch_factor=6 if plan.workers else None,
        worker_init_fn=_quiet_worker,
    )


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


class Run:
    """Everything that a checkpoint holds, and how one step changes it."""

    def __init__(self, plan: Plan, replica: int = 0) -> None:
        torch.manual_seed(plan.seed)
        self.plan = plan
        self.replica = replica
        self.finished = False
        self.step = 0
        self.seconds = 0.0
        self.total = plan.steps
        self.decay_start: int | None = None
        self.network = NucleusNetwork().to(plan.device, memory_format=torch.channels_last)
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(),
            plan.learning_rate,
            weight_decay=plan.weight_decay,
            fused=True,
        )
        self.average = Average(self.network, plan.average)

    def save(self, path: Path) -> None:
        state = {
            "plan": asdict(self.plan),
            "step": self.step,
            "seconds": self.seconds,
            "total": self.total,
            "decay_start": self.decay_start,
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "average": self.average.state,
        }
        partial = path.with_suffix(".partial")
        torch.save(state, partial)
        partial.replace(path)

    def load(self, path: Path) -> None:
        state = torch.load(path, weights_only=True, map_location=self.plan.device)
        self.step, self.seconds = state["step"], state["seconds"]
        self.decay_start = state["decay_start"]
        # In the decay the length is settled; before it, the plan given now counts.
        self.total = state["total"] if self.decay_start is not None else self.plan.steps
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.average.state = state["average"]

    def begin_anew(self) -> None:
        """Forgets the time taken and that the decay had begun."""
        self.seconds = 0.0
        self.decay_start, self.total = None, self.plan.steps

    def settle_length(self, seconds_this_session: float, steps_this_session: int) -> None:
        """With a time limit: as many steps as the time left allows at the rate so far."""
        if self.plan.minutes is None or self.decay_start is not None or steps_this_session < 50:
            return
        left = self.plan.minutes * 60 - self.seconds
        self.total = self.step + max(int(left * steps_this_session / seconds_this_session), 0)

    def decaying(self) -> bool:
        """True from the step on at which the decay begins; settles that step."""
        if self.decay_start is None and self.step >= self.total * (1 - self.plan.decay_share):
            self.decay_start = self.step
        return self.decay_start is not None

    def train_step(self, images: torch.Tensor, answers: torch.Tensor) -> dict[str, float]:
        start = self.decay_start if self.decay_start is not None else self.total
        rate = learning_rate(self.step, self.plan, start, self.total)
        device = torch.device(self.plan.device)
        # [B,S,S,3] seen as [B,3,S,S] is channels-last already.
        images = images.to(device).permute(0, 3, 1, 2)
        with torch.autocast(device.type, torch.bfloat16, enabled=self.plan.bfloat16):
            logits = self.network(images)
        parts = losses(logits, answers.to(device))
        self.optimizer.zero_grad(set_to_none=True)
        parts.total.backward()
        rate, self.finished = self.agree(rate, self.step + 1 >= self.total)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        self.average.update(self.network, self.step)
        return {
            "learning_rate": rate,
            "loss": parts.total.item(),
            "interior": parts.interior.item(),
            "boundary": parts.boundary.item(),
            "distance": parts.distance.item(),
        }

    def agree(self, rate: float, finished: bool) -> tuple[float, bool]:
        """Averages the gradients of all replicas; replica 0 says the learning rate and the end."""
        if self.plan.replicas == 1:
            return rate, finished
        gradients = [p.grad for p in self.network.parameters()]
        said = torch.tensor([rate, float(finished)]) * (self.replica == 0)
        flat = torch.cat([g.reshape(-1) for g in gradients] + [said])
        distributed.all_reduce(flat)
        sizes = [g.numel() for g in gradients]
        *parts, said = flat.split([*sizes, 2])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient) / self.plan.replicas)
        return said[0].item(), bool(said[1] > 0.5)

    def start_from(self, network: NucleusNetwork, batches: Iterable[torch.Tensor]) -> None:
        """Takes over the weights of a file; `batches` [B,3,S,S] show its batch norm real crops."""
        fill_norms(network, batches)
        self.network.load_state_dict(network.state_dict())
        self.average = Average(self.network, self.plan.average)

    def averaged(self) -> NucleusNetwork:
        network = NucleusNetwork()
        network.load_state_dict(self.average.state)
        return network.eval()


class Table:
    """The log: a line on the terminal and a row in `log.csv`."""

    def __init__(self, path: Path) -> None:
        new = not path.exists()
        self.file = open(path, "a", newline="", buffering=1)  # noqa: SIM115
        self.writer = csv.DictWriter(self.file, COLUMNS)
        if new:
            self.writer.writeheader()

    def row(self, values: dict[str, float | int | str]) -> None:
        rounded = {k: round(v, 6) if isinstance(v, float) else v for k, v in values.items()}
        self.writer.writerow(rounded)
        print(time.strftime("%H:%M:%S"), *(f"{k}={v}" for k, v in rounded.items()), flush=True)


def train(
    data: Path,
    folder: Path,
    plan: Plan,
    without_group: str | None = None,
    start_from: Path | None = None,
    continue_from: Path | None = None,
) -> Path:
    """Trains until the plan's end and returns the checkpoint. Resumes from `folder/last.pt`.

    A run begins with chance, with `start_from` (an ONNX file of this package), or with
    `continue_from`: a checkpoint, whose steps count and whose decay is forgotten.
    """
    if plan.batch % plan.replicas:
        raise ValueError("the batch must be a multiple of the replicas")
    folder.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(0)
    records = read_index(data)
    chosen = select(records, "train", without_group)
    watched = quick_subset(select(records, "validation"))
    print(f"{len(chosen)} images to train on, {len(watched)} to watch", flush=True)
    samples = [prepare(r) for r in chosen]
    last = folder / "last.pt"
    if continue_from and not last.exists():
        run = Run(plan)
        run.load(continue_from)
        run.begin_anew()
        run.save(last)
    elif start_from and not last.exists():
        run = Run(plan)
        shares = islice(loader(samples, replace(plan, workers=0), 0, 0), CALIBRATION_BATCHES)
        run.start_from(read_onnx(start_from), (images.permute(0, 3, 1, 2) for images, _ in shares))
        run.save(last)

    with tempfile.TemporaryDirectory() as meeting_point:
        where = f"file://{meeting_point}/replicas"
        context = multiprocessing.get_context("fork")  # shares the samples instead of copying them
        others = [
            context.Process(
                target=train_replica,
                args=(replica, where, samples, watched, folder, plan),
            )
            for replica in range(1, plan.replicas)
        ]
        for other in others:
            other.start()
        train_replica(0, where, samples, watched, folder, plan)
        for other in others:
            other.join()
    return last


def train_replica(
    replica: int,
    where: str,
    samples: list[Sample],
    watched: list[Record],
    folder: Path,
    plan: Plan,
) -> None:
    """What each replica does; number 0 also keeps the log, the checkpoints and the time."""
    torch.set_num_threads(plan.threads)
    run = Run(plan, replica)
    last = folder / "last.pt"
    if last.exists():
        run.load(last)
    if run.step >= run.total and run.decay_start is not None:
        return
    if plan.replicas > 1:
        distributed.init_process_group(
            "gloo", init_method=where, rank=replica, world_size=plan.replicas
        )
    batches = loader(samples, plan, replica, run.step)
    if replica == 0:
        print(f"{parameter_count(run.network)} parameters, at step {run.step}", flush=True)
        lead(run, batches, watched, folder)
    else:
        for images, answers in batches:
            run.train_step(images, answers)
            if run.finished:
                break
    if plan.replicas > 1:
        distributed.destroy_process_group()


def lead(run: Run, batches: DataLoader, watched: list[Record], folder: Path) -> None:
    """Trains as replica 0."""
    plan, last = run.plan, folder / "last.pt"
    table = Table(folder / "log.csv")
    began, began_step, seconds_before = time.monotonic(), run.step, run.seconds
    validated, window, window_began = began, [], began
    for images, answers in batches:
        run.seconds = seconds_before + time.monotonic() - began
        run.settle_length(time.monotonic() - began, run.step - began_step)
        if run.decay_start is None and run.decaying():
            run.save(folder / "stable.pt")
            print(f"decay begins at step {run.step} of {run.total}", flush=True)
        window.append(run.train_step(images, answers))
        if run.step % plan.log_every == 0 or run.finished:
            now = time.monotonic()
            rate = len(window) * plan.batch / (now - window_began)
            means = {k: float(np.mean([w[k] for w in window])) for k in window[0]}
            row = {"step": run.step, "seconds": run.seconds, "crops_per_second": rate, **means}
            if now - validated > plan.validate_minutes * 60 or run.finished:
                run.save(last)
                torch.set_num_threads(plan.threads * plan.replicas)
                row["validation_map"] = validate(run.averaged(), watched).mean
                torch.set_num_threads(plan.threads)
                validated = time.monotonic()
            table.row({**row, "total_steps": run.total})
            window, window_began = [], time.monotonic()
        if run.step % plan.save_every == 0 or run.finished:
            run.save(last)
        if run.finished:
            return
