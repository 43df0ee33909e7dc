"""Command line: `python -m nucleoscope_training COMMAND --help`."""

import argparse
import csv
import dataclasses
import itertools
from pathlib import Path

from .blend import blend
from .dataset import HOLDOUT_GROUPS, read_index, select
from .export import export, read_checkpoint
from .network import NucleusNetwork
from .pack import pack
from .postprocess import Settings
from .quantise import quantise
from .reference import write_reference
from .train import EVERYTHING, Plan, train
from .validate import all_maps, rate


def add_plan(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="folder of the annotated sets")
    parser.add_argument("--run", type=Path, required=True, help="folder for checkpoints and log")
    for field in dataclasses.fields(Plan):
        kind = float if field.name == "minutes" else type(field.default)
        name = f"--{field.name.replace('_', '-')}"
        if kind is bool:
            parser.add_argument(name, action=argparse.BooleanOptionalAction, default=field.default)
        else:
            parser.add_argument(name, type=kind, default=field.default)


def plan_of(args: argparse.Namespace) -> Plan:
    return Plan(**{f.name: getattr(args, f.name) for f in dataclasses.fields(Plan)})


def command_train(args: argparse.Namespace) -> None:
    plan = plan_of(args)
    last = train(args.data, args.run, plan, args.start_from)
    for name in plan.names:
        export(read_checkpoint(last, name), args.run / f"{name}.onnx")
    write_models(args.data, args.run)


def write_models(data: Path, run: Path) -> None:
    """`models.csv`: the network that scores each condition, which is the one trained without it.

    `nucleoscope evaluate --models` reads this file. It lists only groups that were left out.
    """
    rows = {
        (r.folder.name, r.condition, f"{r.group}.onnx")
        for r in read_index(data)
        if r.group is not None and (run / f"{r.group}.onnx").exists()
    }
    with open(run / "models.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("set", "condition", "model"))
        writer.writerows(sorted(rows))


def command_pack(args: argparse.Namespace) -> None:
    pack(args.data, args.output)


def command_export(args: argparse.Namespace) -> None:
    network = read_checkpoint(args.checkpoint, args.name) if args.checkpoint else NucleusNetwork()
    export(network, args.output, half=not args.float32)
    print(f"{args.output}: {args.output.stat().st_size} bytes")


def command_blend(args: argparse.Namespace) -> None:
    blend(args.first, args.second, args.share, args.output)


def command_quantise(args: argparse.Namespace) -> None:
    quantise(args.source, args.output, args.version)
    print(f"{args.output}: {args.output.stat().st_size} bytes")


def command_reference(args: argparse.Namespace) -> None:
    write_reference(args.model, args.output)


def command_splits(args: argparse.Namespace) -> None:
    for record in select(read_index(args.data), args.split, args.without):
        print(f"{record.condition},{record.image_id}")


def command_validate(args: argparse.Namespace) -> None:
    records = select(read_index(args.data), "validation")
    maps = all_maps(read_checkpoint(args.checkpoint, args.name), records)
    best = Settings()
    if args.tune:
        grid = itertools.product((0.4, 0.5, 0.6), (0.25, 0.35, 0.45, 0.55), (0.0, 0.3, 0.6))
        results = [(rate(maps, Settings(*values)).mean, Settings(*values)) for values in grid]
        for mean, settings in sorted(results, key=lambda r: -r[0])[:8]:
            print(f"{mean:.4f}", settings)
        best = max(results, key=lambda r: r[0])[1]
    print(rate(maps, best).table())


def main() -> None:
    parser = argparse.ArgumentParser(prog="nucleoscope_training", description=__doc__)
    commands = parser.add_subparsers(required=True)

    command = commands.add_parser(
        "train", help="train one network, and those without each hold-out group, on one stream"
    )
    add_plan(command)
    command.add_argument("--start-from", type=Path, help="an exported ONNX file to start with")
    command.set_defaults(action=command_train)

    command = commands.add_parser("pack", help="write the training images in a small format")
    command.add_argument("--data", type=Path, required=True)
    command.add_argument("--output", type=Path, required=True)
    command.set_defaults(action=command_pack)

    command = commands.add_parser("export", help="write the ONNX file")
    command.add_argument("--checkpoint", type=Path, help="if omitted: an untrained network")
    command.add_argument("--name", default=EVERYTHING, help="the network of the run")
    command.add_argument("--output", type=Path, required=True)
    command.add_argument("--float32", action="store_true", help="do not store half precision")
    command.set_defaults(action=command_export)

    command = commands.add_parser("blend", help="write the mean of two ONNX files' weights")
    command.add_argument("first", type=Path)
    command.add_argument("second", type=Path, help="trained further from the first")
    command.add_argument("--share", type=float, default=0.75, help="share of the second, 0 to 1")
    command.add_argument("--output", type=Path, required=True)
    command.set_defaults(action=command_blend)

    command = commands.add_parser("quantise", help="store an ONNX file's weights in 8 bits")
    command.add_argument("source", type=Path, help="exported by training, in half precision")
    command.add_argument("output", type=Path)
    command.add_argument("--version", required=True, help="the version in the new file's metadata")
    command.set_defaults(action=command_quantise)

    command = commands.add_parser("reference", help="write the logits for the program's tests")
    command.add_argument("--model", type=Path, required=True, help="an exported ONNX file")
    command.add_argument("--output", type=Path, required=True)
    command.set_defaults(action=command_reference)

    command = commands.add_parser("splits", help="print condition,image_id of a split")
    command.add_argument("--data", type=Path, required=True)
    command.add_argument("--split", choices=("train", "validation", "test"), required=True)
    command.add_argument("--without", choices=sorted(HOLDOUT_GROUPS))
    command.set_defaults(action=command_splits)

    command = commands.add_parser("validate", help="Bowl score on the validation split")
    command.add_argument("--data", type=Path, required=True)
    command.add_argument("--checkpoint", type=Path, required=True)
    command.add_argument("--name", default=EVERYTHING, help="the network of the run")
    command.add_argument("--tune", action="store_true", help="also search the thresholds")
    command.set_defaults(action=command_validate)

    args = parser.parse_args()
    args.action(args)


if __name__ == "__main__":
    main()
