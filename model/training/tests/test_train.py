import csv
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from nucleoscope_training.dataset import Sample
from nucleoscope_training.export import export, read_checkpoint
from nucleoscope_training.losses import losses
from nucleoscope_training.network import NucleusNetwork
from nucleoscope_training.stream import SLOT, Stream
from nucleoscope_training.train import Learner, Plan, Run, learning_rate, train
from nucleoscope_training.warm_start import read_onnx

SMALL = Plan(
    networks="all,A,AE",
    steps=3,
    learning_rate=1e-3,
    crop=32,
    warm_up=2,
    workers=0,
    log_every=2,
    save_minutes=0,
)


def test_the_learning_rate_warms_up_stays_and_decays() -> None:
    plan = Plan(learning_rate=1.0, warm_up=10, decay_share=0.25)
    rates = [learning_rate(step, step / 100, plan) for step in range(101)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[10] == rates[75] == 1.0
    assert rates[75:] == sorted(rates[75:], reverse=True)
    assert rates[-1] == 0


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return torch.load(folder / "last.pt", weights_only=True)


class KilledError(Exception):
    pass


def test_a_killed_run_goes_on_as_if_nothing_had_been(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(data, tmp_path / "whole", SMALL)

    step = Run.train_step

    def killed_at_two(self: Run, batch: object) -> object:
        if self.step == 2:
            raise KilledError
        return step(self, batch)

    with monkeypatch.context() as patch, pytest.raises(KilledError):
        patch.setattr(Run, "train_step", killed_at_two)
        train(data, tmp_path / "parts", SMALL)
    assert weights(tmp_path / "parts")["step"] == 2
    train(data, tmp_path / "parts", SMALL)

    whole, parts = weights(tmp_path / "whole"), weights(tmp_path / "parts")
    assert whole["step"] == parts["step"] == 3
    # Not bit for bit: how an array lies in memory changes the order in which a layer is summed up,
    # and Adam's first steps take only the sign. So: nearer than a tenth of the way they went.
    start = NucleusNetwork().state_dict()
    for name in SMALL.names:
        ends = [run["learners"][name]["network"] for run in (whole, parts)]
        names = [n for n, v in start.items() if v.dtype.is_floating_point and "running" not in n]
        way = sum((ends[0][n] - start[n]).square().sum() for n in names)
        apart = sum((ends[0][n] - ends[1][n]).square().sum() for n in names)
        assert apart.sqrt() < 0.1 * way.sqrt()


def test_the_run_keeps_a_table_of_each_network(data: Path, tmp_path: Path) -> None:
    train(data, tmp_path, SMALL)
    with open(tmp_path / "log.csv", newline="") as file:
        table = list(csv.DictReader(file))
    assert [(int(r["step"]), r["network"]) for r in table] == [
        (step, name) for step in (2, 3) for name in SMALL.names
    ]
    assert all(float(r["loss"]) > 0 for r in table)


def test_a_run_begins_with_a_file(data: Path, tmp_path: Path, network: NucleusNetwork) -> None:
    export(network, tmp_path / "start.onnx", half=False)
    plan = replace(SMALL, networks="all", steps=1, learning_rate=0.0)
    trained = read_checkpoint(train(data, tmp_path / "run", plan, tmp_path / "start.onnx"), "all")
    weights = read_onnx(tmp_path / "start.onnx").state_dict()
    for name, value in trained.state_dict().items():
        if value.ndim == 4:
            torch.testing.assert_close(value, weights[name], msg=name)


def test_a_learner_is_shown_its_own_crops_alone(samples: list[Sample]) -> None:
    stream = Stream(samples, 32, 0.5, 1, 0)
    batch = next(iter(stream.batches(1, 0, "cpu")))
    places = stream.places("A")
    hidden = [k for k in range(SLOT) if k not in places]
    batch.images[hidden] = torch.nan
    learner, everything = (Learner(SMALL, stream.places(without)) for without in ("A", ""))
    assert learner.train_step(batch, 0.0, 0).total.isfinite()
    assert not everything.train_step(batch, 0.0, 0).total.isfinite()


def test_a_network_sees_no_crop_of_the_groups_it_is_trained_without(samples: list[Sample]) -> None:
    stream = Stream(samples, 32, 0.5, 1, 0)
    assert len(stream.order) == SLOT
    assert {"A", "D", "E", None} == set(stream.order)
    for without in ("", "A", "AE"):
        places = stream.places(without)
        assert {stream.order[k] for k in places} == {"A", "D", "E", None} - set(without)


def test_a_stream_by_workers_is_that_without(samples: list[Sample]) -> None:
    alone = next(iter(Stream(samples, 32, 0.5, 1, 0).batches(1, 0, "cpu")))
    stream = Stream(samples, 32, 0.5, 1, 1).batches(1, 0, "cpu")
    batch = next(iter(stream))
    stream.close()
    torch.testing.assert_close(batch.images, alone.images, atol=1e-3, rtol=0)
    torch.testing.assert_close(batch.packed, alone.packed)
    assert batch.incomplete.tolist() == [g == "D" for g in Stream(samples, 32, 0.5, 1, 0).order]


def test_a_batch_is_turned_with_its_answers(samples: list[Sample]) -> None:
    batch = next(iter(Stream(samples, 32, 1.0, 1, 0).batches(1, 0, "cpu")))
    turned = batch.turned(1, True)
    back = turned.turned(1, True)
    assert not torch.equal(turned.packed, batch.packed)
    torch.testing.assert_close(back.images, batch.images)
    torch.testing.assert_close(back.packed, batch.packed)


def test_doubtful_background_costs_less_where_annotations_are_incomplete() -> None:
    answers = torch.zeros(1, 5, 16, 16)
    answers[:, 3] = 1
    found = torch.full((1, 3, 16, 16), 4.0)
    whole = losses(found, answers, torch.tensor([False]))
    incomplete = losses(found, answers, torch.tensor([True]))
    assert incomplete.distance < 0.3 * whole.distance


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
