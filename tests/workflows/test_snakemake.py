"""The Snakemake workflow, in Snakemake itself."""

import csv
import json
import os
import signal
import subprocess
import sys
import time

import pytest
from conftest import ROOT, assert_same_tables, run

SNAKEFILE = ROOT / "workflows/snakemake/Snakefile"


@pytest.fixture
def folder(tmp_path, images):
    """A folder for a workflow, with a sheet of all images, which are in two groups."""
    write_sheet(tmp_path, sorted(images.iterdir()))
    return tmp_path


def write_sheet(folder, paths):
    with (folder / "sheet.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["image", "id", "group"])
        for number, path in enumerate(paths):
            rows.writerow([path, f"field {path.stem}", ["control", "treated"][number % 2]])


def command(program, *settings):
    options = ["--cores", "2", "--nocolor", "--config", f"program={program}", *settings]
    return [sys.executable, "-m", "snakemake", "--snakefile", SNAKEFILE, *options]


def one_run(program, folder, *options):
    """The results of one run over the images of a workflow."""
    done = run([program, "segment", "results/inputs", "--export-dir", "whole", *options], cwd=folder)
    assert done.returncode in (0, 3), done.stdout
    return folder / "whole"


def failures(folder):
    with (folder / "failures.csv").open(newline="") as file:
        return [(row["image"], row["code"]) for row in csv.DictReader(file)]


def test_shards_give_the_tables_of_one_run_and_bad_files_are_listed(folder, program):
    with (folder / "sheet.csv").open("a") as file:
        file.write("missing.png,,\n")
    export = "bowl,summary,conditions,measurements,coco,labels"
    # A shard for each file, so that all files of one of them fail.
    done = run(command(program, "shards=6", f"export='{export}'", "threads=1"), cwd=folder)
    assert done.returncode == 0, done.stdout
    assert "Files that failed: 2 (results/failures.csv)" in done.stdout
    whole = one_run(program, folder, "--export", export)
    tables = ["failures.csv", "submission.csv", "summary.csv", "conditions.csv", "nuclei.csv", "coco.json"]
    assert_same_tables(folder / "results", whole, tables)
    assert failures(folder / "results") == [("field damaged", "image/truncated"), ("", "file/io")]
    labels = {path.name: path.read_bytes() for path in folder.glob("results/shards/*/*-labels.png")}
    assert labels == {path.name: path.read_bytes() for path in whole.glob("*-labels.png")}

    again = run(command(program, "shards=6", f"export='{export}'", "threads=1"), cwd=folder)
    assert "Nothing to be done" in again.stdout, again.stdout
    other = run(command(program, "shards=2", f"export='{export}'", "threads=1"), cwd=folder)
    assert other.returncode == 0, other.stdout
    assert_same_tables(folder / "results", whole, tables)


def test_a_workflow_that_was_interrupted_goes_on_where_it_was(tmp_path, program):
    done = run([program, "example", "made", "--count", 24, "--nuclei", 8], cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    write_sheet(tmp_path, sorted((tmp_path / "made").glob("stage1_test/*/images/*.png")))
    start = command(program, "shards=1", "threads=1")
    progress = tmp_path / "results/shards/1-of-1/progress.jsonl"

    workflow = subprocess.Popen(
        [str(part) for part in start],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while not (progress.exists() and '"done"' in progress.read_text()):
        assert workflow.poll() is None
        time.sleep(0.005)
    # Ctrl-C: a signal to all processes in the foreground.
    os.killpg(workflow.pid, signal.SIGINT)
    assert workflow.wait(60) != 0
    assert not (tmp_path / "results/summary.csv").exists()

    done = run(start, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert_same_tables(tmp_path / "results", one_run(program, tmp_path, "--export", "bowl,summary,measurements"))
    finished = json.loads(progress.read_text().splitlines()[-1])
    assert finished["done"] == 24 and finished["skipped"] > 0


def test_failures_fail_the_workflow_on_request_after_everything_is_written(folder, program):
    done = run(command(program, "shards=1", "accept_failures=false"), cwd=folder)
    assert done.returncode == 1
    assert "1 files failed" in done.stdout
    assert failures(folder / "results") == [("field damaged", "image/truncated")]
    assert (folder / "results/nuclei.csv").read_text().count("\n") > 4


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("elsewhere/damaged.png,field damaged,control", "another image is called control/field damaged.png too"),
        ("a.png,../a,", "../a.png is not a file name"),
    ],
)
def test_a_wrong_sheet_is_an_error_before_anything_is_segmented(folder, program, row, message):
    with (folder / "sheet.csv").open("a") as file:
        file.write(f"{row}\n")
    done = run(command(program, "shards=1"), cwd=folder)
    assert done.returncode == 1 and message in done.stdout, done.stdout
    assert not (folder / "results/shards").exists()


def test_a_run_that_cannot_start_fails_the_workflow(folder, program):
    done = run(command(program, "shards=1", "options='--model missing.onnx'"), cwd=folder)
    assert done.returncode == 1, done.stdout
    assert "missing.onnx" in (folder / "results/shards/1-of-1.log").read_text()
