"""Bowl score of a network on annotated images, each at its estimated scale."""

from dataclasses import dataclass

import numpy as np
from torch import nn

from .dataset import Record, read_image, read_labels
from .normalise import normalise
from .postprocess import Settings, at_the_fitting_scale, maps_at, segment
from .score import score


@dataclass(frozen=True)
class Report:
    scores: dict[str, list[float]]

    @property
    def mean(self) -> float:
        return float(np.mean([s for scores in self.scores.values() for s in scores]))

    def table(self) -> str:
        lines = ["| condition | images | mAP |", "|---|---|---|"]
        for condition, scores in sorted(self.scores.items()):
            lines.append(f"| {condition} | {len(scores)} | {np.mean(scores):.3f} |")
        count = sum(map(len, self.scores.values()))
        lines.append(f"| all | {count} | {self.mean:.3f} |")
        return "\n".join(lines)


def quick_subset(records: list[Record], each: int = 2) -> list[Record]:
    """The first few images of every condition."""
    seen: dict[str, int] = {}
    chosen = []
    for record in sorted(records, key=lambda r: (r.condition, r.image_id)):
        seen[record.condition] = seen.get(record.condition, 0) + 1
        if seen[record.condition] <= each:
            chosen.append(record)
    return chosen


def all_maps(network: nn.Module, records: list[Record]) -> list[tuple[Record, np.ndarray]]:
    """The maps at the estimated scale; segmenting them with other settings is cheap."""
    out = []
    for record in records:
        maps, _ = at_the_fitting_scale(maps_at(network, normalise(read_image(record.image_path))))
        out.append((record, maps.astype(np.float16)))
    return out


def rate(maps: list[tuple[Record, np.ndarray]], settings: Settings) -> Report:
    scores: dict[str, list[float]] = {}
    for record, image_maps in maps:
        found = segment(image_maps.astype(np.float32), settings)
        value = score(read_labels(record.label_path), found)
        scores.setdefault(record.condition, []).append(value)
    return Report(scores)


def validate(network: nn.Module, records: list[Record], settings: Settings = Settings()) -> Report:
    return rate(all_maps(network, records), settings)
