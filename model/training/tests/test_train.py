import csv
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from nucleoscope_training.losses import losses
from nucleoscope_training.train import Plan, Run, learning_rate, train

SMALL = Plan(
    steps=6,
    learning_rate=1e-3,
    batch=2,
    crop=64,
    warm_up=2,
    workers=0,
    replicas=1,
    log_every=2,
    save_every=4,
)


def test_the_learning_rate_warms_up_stays_and_decays() -> None:
    plan = Plan(learning_rate=1.0, warm_up=10)
    rates = [learning_rate(step, plan, decay_start=75, total=100) for step in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[10] == rates[74] == 1.0
    assert rates[75:] == sorted(rates[75:], reverse=True)
    assert 0 <= rates[-1] < 0.03


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return torch.load(folder / "last.pt", weights_only=True)


def rows(folder: Path) -> list[dict[str, str]]:
    with open(folder / "log.csv", newline="") as file:
        return list(csv.DictReader(file))


class KilledError(Exception):
    pass


def test_a_killed_run_goes_on_as_if_nothing_had_been(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(data, tmp_path / "whole", SMALL)

    step = Run.train_step

    def killed_at_five(self: Run, *batch: torch.Tensor) -> dict[str, float]:
        if self.step == 5:
            raise KilledError
        return step(self, *batch)

    with monkeypatch.context() as patch, pytest.raises(KilledError):
        patch.setattr(Run, "train_step", killed_at_five)
        train(data, tmp_path / "parts", SMALL)
    assert weights(tmp_path / "parts")["step"] == 4
    train(data, tmp_path / "parts", SMALL)

    whole, parts = weights(tmp_path / "whole"), weights(tmp_path / "parts")
    assert whole["step"] == parts["step"] == 6
    # Not bit for bit: how an array lies in memory changes the order in which a layer is summed up,
    # and Adam's first steps take only the sign. So: nearer than a tenth of the way they went.
    start = Run(SMALL).network.state_dict()
    for part in ("network", "average"):
        names = [n for n, v in start.items() if v.dtype.is_floating_point]
        way = sum((whole[part][n] - start[n]).square().sum() for n in names)
        apart = sum((whole[part][n] - parts[part][n]).square().sum() for n in names)
        assert apart.sqrt() < 0.1 * way.sqrt()
    losses_at_end = [rows(tmp_path / run)[-1]["loss"] for run in ("whole", "parts")]
    assert float(losses_at_end[0]) == pytest.approx(float(losses_at_end[1]), rel=1e-3)


def test_replicas_share_one_batch_and_end_together(data: Path, tmp_path: Path) -> None:
    plan = replace(SMALL, replicas=2, steps=3)
    train(data, tmp_path, plan)
    assert weights(tmp_path)["step"] == 3


def test_the_run_keeps_a_table_and_the_checkpoint_before_the_decay(
    data: Path, tmp_path: Path
) -> None:
    train(data, tmp_path, SMALL)
    table = rows(tmp_path)
    assert [int(r["step"]) for r in table] == [2, 4, 6]
    assert all(float(r["loss"]) > 0 for r in table)
    stable = torch.load(tmp_path / "stable.pt", weights_only=True)
    assert stable["step"] == 5
    assert stable["decay_start"] is not None


@pytest.mark.parametrize("checkpoint", ["stable.pt", "last.pt"])
def test_a_checkpoint_is_trained_further_and_decays_once(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, checkpoint: str
) -> None:
    train(data, tmp_path / "first", SMALL)
    taken = torch.load(tmp_path / "first" / checkpoint, weights_only=True)
    torch.save({**taken, "seconds": 1e6}, tmp_path / "first" / checkpoint)
    longer = replace(SMALL, steps=16, decay_share=0.5, save_every=1)
    step = Run.train_step

    def killed_at_ten(self: Run, *batch: torch.Tensor) -> dict[str, float]:
        if self.step == 10:
            raise KilledError
        return step(self, *batch)

    def go_on() -> None:
        train(data, tmp_path / "more", longer, continue_from=tmp_path / "first" / checkpoint)

    with monkeypatch.context() as patch, pytest.raises(KilledError):
        patch.setattr(Run, "train_step", killed_at_ten)
        go_on()
    killed = weights(tmp_path / "more")
    assert (killed["step"], killed["decay_start"]) == (10, 8)
    go_on()
    ended = weights(tmp_path / "more")
    assert (ended["step"], ended["decay_start"]) == (16, 8)
    assert ended["seconds"] < 1e6


def test_the_right_answer_costs_less_than_the_wrong_one() -> None:
    answers = torch.zeros(1, 5, 16, 16)
    answers[:, :3, 4:12, 4:12] = 1
    answers[:, 3] = 1
    right = (answers[:, :3] - 0.5) * 12
    good, bad = losses(right, answers), losses(-right, answers)
    assert good.total < 0.1 < bad.total
    for part in ("interior", "boundary", "distance"):
        assert getattr(good, part) < getattr(bad, part)


def test_empty_crops_cost_nothing_when_nothing_is_found() -> None:
    answers = torch.zeros(1, 5, 16, 16)
    answers[:, 3] = 1
    assert losses(torch.full((1, 3, 16, 16), -12.0), answers).total < 0.01


def test_an_error_between_touching_nuclei_costs_more() -> None:
    answers = torch.zeros(1, 5, 16, 16)
    answers[:, 3] = 1
    apart = losses(torch.zeros(1, 3, 16, 16), answers)
    answers[:, 4] = 1
    touching = losses(torch.zeros(1, 3, 16, 16), answers)
    for part in ("interior", "boundary", "distance"):
        assert getattr(touching, part) > 1.5 * getattr(apart, part)
