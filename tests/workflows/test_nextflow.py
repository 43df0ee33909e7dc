"""The Nextflow pipeline, without Nextflow, which no package registry has: its files are parsed, its workflow block is
evaluated with lists in place of channels, and the scripts of its tasks are run with the real program.
"""

import csv
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import yaml
from conftest import HERE, ROOT, assert_same_tables, groovy, run

PIPELINE = ROOT / "workflows/nextflow"
MODULES = sorted(PIPELINE.glob("modules/nucleoscope/*"))


def sheet(folder, paths):
    with (folder / "sheet.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["image"], *([path] for path in paths)])
    return folder / "sheet.csv"


def evaluate(sheet, size):
    return json.loads(groovy(HERE / "nextflow.groovy", PIPELINE, sheet, size))


def start(script, folder, environment):
    """Runs the script of a task as Nextflow does: in bash, which ends at the first error."""
    command = ["bash", "-eu", "-c", textwrap.dedent(script).strip()]
    return run(command, cwd=folder, env=environment)


@pytest.fixture(scope="module")
def results(tmp_path_factory, images, environment):
    """The folder in which every task of the pipeline has run, one after the other."""
    folder = tmp_path_factory.mktemp("pipeline")
    # Two images in a task, and one more, so that the first task has a damaged one.
    for task in evaluate(sheet(folder, sorted(images.iterdir(), reverse=True)), 2)["tasks"]:
        is_segment = task["process"] == "NUCLEOSCOPE_SEGMENT"
        for kind in ["stub", "script"]:
            work = folder / kind / task["id"]
            inputs = work / ("inputs" if is_segment else "journals")
            inputs.mkdir(parents=True)
            for path in task["inputs"]:
                source = Path(path) if is_segment else folder / kind / Path(path).stem / path
                (inputs / source.name).symlink_to(source)
            done = start(task[kind], work, environment)
            assert done.returncode == 0, done.stdout
            assert [name for name in task["outputs"] if not (work / name).exists()] == []
            versions = yaml.safe_load((work / "versions.yml").read_text())
            assert re.fullmatch(r"\d+\.\d+\.\d+", versions[task["process"]]["nucleoscope"])
    return folder / "script"


def test_tasks_give_the_tables_of_one_run_and_bad_files_are_listed(results, images, program):
    assert sorted(path.name for path in results.iterdir()) == [*(f"shard-00000{n}" for n in (1, 2, 3)), "tables"]
    (results / "one").mkdir()
    (results / "one/inputs").symlink_to(images)
    export = ["--export-dir", "whole", "--export", "bowl,summary,measurements"]
    done = run([program, "segment", "inputs", *export], cwd=results / "one")
    assert done.returncode == 3, done.stdout
    assert_same_tables(results / "tables/tables", results / "one/whole")
    assert "image/truncated" in (results / "tables/tables/failures.csv").read_text()


def test_a_task_whose_files_all_fail_succeeds_and_one_that_cannot_start_fails(tmp_path, images, environment):
    script = evaluate(sheet(tmp_path, [images / "damaged.png"]), 2)["tasks"][0]["script"]
    (tmp_path / "inputs").mkdir()
    assert start(script, tmp_path, environment).returncode == 1
    shutil.copy(images / "damaged.png", tmp_path / "inputs")
    assert start(script, tmp_path, environment).returncode == 0
    assert "image/truncated" in (tmp_path / "shard-000001/failures.csv").read_text()


def test_a_wrong_sheet_is_an_error(tmp_path, images):
    (tmp_path / "damaged.tif").touch()
    same_name = evaluate(sheet(tmp_path, [images / "damaged.png", "damaged.tif"]), 2)
    assert same_name == {"error": "The sheet has several images with these names: damaged"}
    missing = evaluate(sheet(tmp_path, ["missing.png"]), 2)
    assert missing == {"error": f"no such file: {tmp_path}/missing.png"}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_a_module_documents_its_inputs_and_outputs(module):
    meta = yaml.safe_load((module / "meta.yml").read_text())
    assert {"description", "keywords", "tools", "authors"} <= meta.keys()
    text = (module / "main.nf").read_text()
    assert f"process {meta['name'].upper()} {{" in text
    output = text[text.index("output:") : text.index("when:")]
    emitted = dict(re.findall(r'path\(?\s*"([^"]+)"\)?\s*, emit: (\w+)', output))
    documented = {next(iter(part)): name for one in meta["output"] for name, parts in one.items() for part in parts}
    assert documented.pop("meta", None)
    assert documented == emitted
    (inputs,) = re.findall(r"tuple val\(meta\), path\((\w+)", text[: text.index("output:")])
    assert [next(iter(part)) for part in meta["input"][0]] == ["meta", inputs]


@pytest.mark.skipif(importlib.util.find_spec("reftrace") is None, reason="reftrace is not built for this Python")
def test_a_parser_of_nextflow_reads_every_file():
    command = [Path(sys.executable).with_name("reftrace"), "info", "modules"]
    done = subprocess.run(command, cwd=PIPELINE, capture_output=True, text=True, check=True)
    modules = json.loads(done.stdout[done.stdout.index("{") :])["modules"]
    processes = {process["name"] for module in modules for process in module["processes"]}
    assert processes == {"NUCLEOSCOPE_CONCATENATE", "NUCLEOSCOPE_SEGMENT"}
    assert [len(module["workflows"]) for module in modules if module["path"] == "main.nf"] == [1]
