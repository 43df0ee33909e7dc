"""Draws training crops in worker processes and passes them in shared memory, a slot at a time.

A slot holds `SLOT` crops: `NOTHING` of no image at all, the others by hold-out group in proportion
to the groups' shares, in a fixed order. So several networks can train on one stream, each on the
crops of the groups that it may see (`places`).
"""

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.queues import Queue

import cv2
import numpy as np
import torch
from torch import Tensor, multiprocessing

from . import augmentation
from .crop import Crop
from .dataset import HOLDOUT_GROUPS, Sample, sampling_weights

SLOT = 32
NOTHING = 2
SLOTS_A_WORKER = 3
WEIGHT_STEPS = 100


@dataclass(frozen=True)
class Batch:
    """`images` [B,3,S,S] float16; `packed` [B,3,S,S] as of `pack_answers`; `incomplete` [B]."""

    images: Tensor
    packed: Tensor
    incomplete: Tensor

    def part(self, places: Tensor) -> "Batch":
        return Batch(self.images[places], self.packed[places], self.incomplete[places])

    def turned(self, quarters: int, mirrored: bool) -> "Batch":
        """All crops rotated by multiples of 90 degrees and mirrored."""
        images, packed = (torch.rot90(x, quarters, (2, 3)) for x in (self.images, self.packed))
        if mirrored:
            images, packed = images.flip(3), packed.flip(3)
        return Batch(images, packed, self.incomplete)


def pack_answers(answers: np.ndarray) -> np.ndarray:
    """[5,S,S] of `augmentation.answers` as three bytes: bits, distance, size weight."""
    interior, boundary, distance, weight, contact = answers
    bits = interior + 2 * boundary + 4 * contact
    return np.rint(np.stack([bits, 255 * distance, WEIGHT_STEPS * weight])).astype(np.uint8)


def unpack_answers(packed: Tensor) -> Tensor:
    """[B,5,S,S] float32 of [B,3,S,S] uint8."""
    bits, distance, weight = packed.unbind(1)
    parts = [bits & 1, (bits >> 1) & 1, distance / 255, weight / WEIGHT_STEPS, (bits >> 2) & 1]
    return torch.stack([part.float() for part in parts], dim=1)


def composition(samples: list[Sample]) -> list[str | None]:
    """The group of each crop of a slot; None for a crop without an image."""
    weights = sampling_weights([s.record for s in samples])
    shares = {group: 0.0 for group in HOLDOUT_GROUPS}
    for sample, weight in zip(samples, weights, strict=True):
        shares[sample.record.group or next(iter(shares))] += weight
    order: list[str | None] = [None] * NOTHING
    given = dict.fromkeys(shares, 0)
    for _ in range(SLOT - NOTHING):
        group = max(shares, key=lambda g: shares[g] / (given[g] + 0.5))
        given[group] += 1
        order.append(group)
    return sorted(order, key=lambda g: g or "")


class Stream:
    """An endless stream of batches."""

    def __init__(
        self, samples: list[Sample], size: int, plain: float, seed: int, workers: int
    ) -> None:
        self.samples, self.size, self.plain, self.seed = samples, size, plain, seed
        self.order = composition(samples)
        self.members = {
            group: [s for s in samples if (s.record.group or "A") == group]
            for group in set(self.order) - {None}
        }
        self.chances = {g: sampling_weights([s.record for s in m]) for g, m in self.members.items()}
        self.workers = workers
        slots = max(workers, 1) * SLOTS_A_WORKER
        # Anonymous shared memory, which forked workers inherit.
        self.images = shared((slots, SLOT, size, size, 3), np.float16)
        self.packed = shared((slots, SLOT, 3, size, size), np.uint8)
        self.incomplete = shared((slots, SLOT), np.uint8)

    def places(self, without: str) -> list[int]:
        """The crops of a slot for a network that is trained without some groups."""
        return [k for k, group in enumerate(self.order) if group is None or group not in without]

    def draw(self, number: int, k: int) -> tuple[Crop, bool]:
        """Crop `k` of slot number `number`; and whether nuclei of it are not annotated."""
        rng = np.random.default_rng((self.seed, number, k))
        group = self.order[k]
        if group is None:
            return augmentation.draw_nothing(self.size, rng), False
        members = self.members[group]
        sample = members[rng.choice(len(members), p=self.chances[group])]
        return augmentation.draw(sample, self.size, rng, self.plain), sample.record.incomplete

    def fill(self, slot: int, number: int) -> None:
        for k in range(SLOT):
            crop, incomplete = self.draw(number, k)
            self.images[slot, k] = crop.image
            self.packed[slot, k] = pack_answers(augmentation.answers(crop))
            self.incomplete[slot, k] = incomplete

    def work(self, empty: Queue, full: Queue) -> None:
        cv2.setNumThreads(0)
        torch.set_num_threads(1)
        while (job := empty.get()) is not None:
            self.fill(*job)
            full.put(job[0])

    def slots(self, first: int) -> Iterator[int]:
        """Slots in order, from slot number `first` on; each is reused when the next is taken."""
        if not self.workers:
            number = first
            while True:
                self.fill(0, number)
                yield 0
                number += 1
        context = multiprocessing.get_context("fork")
        empty, full = context.Queue(), context.Queue()
        processes = [
            context.Process(target=self.work, args=(empty, full), daemon=True)
            for _ in range(self.workers)
        ]
        for process in processes:
            process.start()
        number = first
        for slot in range(len(self.images)):
            empty.put((slot, number))
            number += 1
        try:
            while True:
                slot = full.get()
                yield slot
                empty.put((slot, number))
                number += 1
        finally:
            for process in processes:
                process.terminate()

    def batches(self, slots_a_batch: int, first: int, device: str) -> Iterator[Batch]:
        """Batches of `slots_a_batch` slots on the device, from slot number `first` on."""
        parts = []
        for slot in self.slots(first):
            arrays = (self.images[slot], self.packed[slot], self.incomplete[slot])
            # A copy even on the CPU, because the slot is filled again.
            parts.append([torch.from_numpy(a).to(device, copy=True) for a in arrays])
            if len(parts) == slots_a_batch:
                images, packed, incomplete = (torch.cat(p) for p in zip(*parts, strict=True))
                yield Batch(images.permute(0, 3, 1, 2), packed, incomplete.bool())
                parts = []


def shared(shape: tuple[int, ...], dtype: type) -> np.ndarray:
    memory = mmap.mmap(-1, int(np.prod(shape)) * np.dtype(dtype).itemsize)
    return np.frombuffer(memory, dtype).reshape(shape)
