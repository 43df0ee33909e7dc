"""Losses of the three outputs."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

# The weight (second) of background in incompletely annotated images that the network takes for a
# nucleus with at least this probability (first).
DOUBTFUL_FROM = 0.6
DOUBTFUL_WEIGHT = 0.2
CONTACT_WEIGHT = 3.0
BOUNDARY_WEIGHT = 2.0
# The program's watershed uses interior and distance; the boundary is optional. With equal weights,
# the boundary's loss, which stays high because annotators are inconsistent, would dominate.
BOUNDARY_SHARE = 0.3
DISTANCE_SHARE = 3.0


@dataclass(frozen=True)
class Losses:
    """The losses, weighted as in the total."""

    interior: Tensor
    boundary: Tensor
    distance: Tensor

    @property
    def total(self) -> Tensor:
        return self.interior + self.boundary + self.distance


def dice_loss(probability: Tensor, target: Tensor) -> Tensor:
    """1 - Dice over the whole batch, so that crops without nuclei have no effect."""
    overlap = (probability * target).sum()
    return 1 - (2 * overlap + 1) / (probability.sum() + target.sum() + 1)


def losses(logits: Tensor, answers: Tensor, incomplete: Tensor | None = None) -> Losses:
    """`logits` [B,3,H,W]; `answers` [B,5,H,W] as `augmentation.answers` makes them.

    `incomplete` [B] says in which crops some nuclei are not annotated.
    """
    logits = logits.float()
    interior, boundary, distance, size_weight, contact = answers.unbind(1)
    if incomplete is not None:
        found = torch.sigmoid(logits[:, 0].detach()) > DOUBTFUL_FROM
        doubtful = found & (interior == 0) & incomplete[:, None, None]
        size_weight = torch.where(doubtful, DOUBTFUL_WEIGHT * size_weight, size_weight)
    bce = F.binary_cross_entropy_with_logits
    near_contact = 1 + CONTACT_WEIGHT * contact

    weight = size_weight * near_contact
    pixelwise = (bce(logits[:, 0], interior, reduction="none") * weight).mean()
    interior_loss = pixelwise + 0.5 * dice_loss(torch.sigmoid(logits[:, 0]), interior)

    weight = (1 + (BOUNDARY_WEIGHT - 1) * boundary) * size_weight * near_contact
    pixelwise = (bce(logits[:, 1], boundary, reduction="none") * weight).mean()
    boundary_loss = pixelwise + 0.5 * dice_loss(torch.sigmoid(logits[:, 1]), boundary)

    difference = (torch.sigmoid(logits[:, 2]) - distance).abs()
    # The absolute error alone has no gradient where the sigmoid is saturated.
    slope = bce(logits[:, 2], distance, reduction="none")
    distance_loss = ((3 * difference + 0.3 * slope) * size_weight * near_contact).mean()
    return Losses(interior_loss, BOUNDARY_SHARE * boundary_loss, DISTANCE_SHARE * distance_loss)
