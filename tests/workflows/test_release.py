"""The archive of a release, and the container: its file is linted, and its last stage is carried out in an empty root
folder, in which the program then runs as the user of the container.
"""

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from conftest import ROOT, run
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator


@pytest.fixture(scope="module")
def archive(tmp_path_factory, program):
    """A folder with the archive of the tested program."""
    folder = tmp_path_factory.mktemp("dist")
    stripped = folder / "stripped"
    if run(["strip", "-o", stripped, program]).returncode != 0:
        shutil.copy(program, stripped)
    pack(stripped, folder)
    return next(folder.glob("*.tar.gz"))


def pack(program, folder):
    done = run(["cargo", "xtask", "dist", "--program", program, "--output", folder], cwd=ROOT)
    assert done.returncode == 0, done.stdout


def test_the_archive_has_the_program_its_licences_and_its_checksum(archive):
    name = archive.name.removesuffix(".tar.gz")
    assert re.fullmatch(r"nucleoscope-\d+\.\d+\.\d+-[a-z0-9_-]+", name)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    assert archive.with_name(f"{archive.name}.sha256").read_text() == f"{digest}  {archive.name}\n"
    with tarfile.open(archive) as files:
        entries = files.getmembers()
        licences = files.extractfile(f"{name}/THIRD-PARTY-LICENSES.txt").read().decode()
        bill = files.extractfile(f"{name}/sbom.cdx.json").read().decode()
    documents = ["CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT", "README.md", "THIRD-PARTY-LICENSES.txt"]
    expected = [*documents, "docs/command-line.md", "nucleoscope", "sbom.cdx.json"]
    assert [entry.name for entry in entries] == [f"{name}/{file}" for file in expected]
    assert {(entry.mtime, entry.uid, entry.gid, entry.uname) for entry in entries} == {(315532800, 0, 0, "")}
    assert [oct(entry.mode) for entry in entries] == [*["0o644"] * 6, "0o755", "0o644"]
    parts = [
        "tract-core ",
        "clap ",
        "Permission is hereby granted",
        "Apache License",
        "GNU LESSER GENERAL",
        "BBBC038v1",
    ]
    assert [part for part in parts if part not in licences] == []
    check_bill_of_materials(bill, licences)


def check_bill_of_materials(text, licences):
    """It is valid, has the same crates as the licences, and the network."""
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    bill = json.loads(text)
    named = {(part["name"], part["version"]) for part in bill["components"] if part["type"] == "library"}
    assert named == set(re.findall(r"^(\S+) (\d\S*) \(", licences, re.MULTILINE)) and len(named) > 100
    assert all(part["licenses"] and part["hashes"] for part in bill["components"] if part["type"] == "library")
    (network,) = (part for part in bill["components"] if part["type"] == "machine-learning-model")
    model = (ROOT / "model/nuclei.onnx").read_bytes()
    assert network["hashes"] == [{"alg": "SHA-256", "content": hashlib.sha256(model).hexdigest()}]


def xtask():
    """The path of the built program."""
    done = run(["cargo", "build", "--package", "xtask", "--message-format", "json"], cwd=ROOT)
    assert done.returncode == 0, done.stdout
    messages = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return next(message["executable"] for message in messages if message.get("executable"))


def test_a_dependency_without_its_licence_fails_the_build(tmp_path):
    """A workspace with one dependency, which is in a folder in place of the registry."""
    crate = tmp_path / "crates/unlicensed"
    for folder, lines in [(tmp_path, ['unlicensed = "1"']), (crate, [])]:
        name = "whole" if folder == tmp_path else "unlicensed"
        (folder / "src").mkdir(parents=True)
        (folder / "src/lib.rs").touch()
        package = [
            f'name = "{name}"',
            'version = "1.0.0"',
            'edition = "2021"',
            'license = "MIT"',
            'authors = ["A. Uthor"]',
        ]
        manifest = "\n".join(["[package]", *package, "[dependencies]", *lines, ""])
        (folder / "Cargo.toml").write_text(manifest)
    (crate / ".cargo-checksum.json").write_text('{"files": {}, "package": "' + 64 * "0" + '"}')
    (tmp_path / ".cargo").mkdir()
    source = '[source.crates-io]\nreplace-with = "folder"\n[source.folder]\ndirectory = "crates"\n'
    (tmp_path / ".cargo/config.toml").write_text(source)
    (tmp_path / "model").mkdir()
    (tmp_path / "model/README.md").write_text("# Model card: a 1\n\n## Data\n\nNone.\n\n## More\n")
    assert run(["cargo", "generate-lockfile", "--offline"], cwd=tmp_path).returncode == 0
    arguments = [xtask(), "licences", "whole", "x86_64-unknown-linux-gnu"]
    environment = {**os.environ, "CARGO_MANIFEST_DIR": str(tmp_path / "xtask")}

    def licences():
        return subprocess.run(arguments, env=environment, capture_output=True, text=True, check=False)

    failed = licences()
    assert failed.returncode == 1 and "unlicensed 1.0.0 has no file with its licence" in failed.stderr
    (crate / "LICENSE").write_text("You may.")
    assert "unlicensed 1.0.0 (MIT)\n\nYou may.\n" in licences().stdout


def test_the_same_files_give_the_same_archive(tmp_path):
    small = tmp_path / "program"
    small.write_bytes(b"program")
    for folder in ["a", "b"]:
        pack(small, tmp_path / folder)
    first, second = (sorted((tmp_path / folder).iterdir()) for folder in ["a", "b"])
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_the_dockerfile_has_no_findings():
    hadolint = Path(sys.executable).with_name("hadolint")
    done = run([hadolint, "--failure-threshold", "style", ROOT / "Dockerfile"])
    assert (done.returncode, done.stdout) == (0, "")


def test_the_context_of_the_container_has_every_package(tmp_path):
    """Cargo reads the manifests, and finds the files that they name."""
    rules = (ROOT / ".dockerignore").read_text().splitlines()
    kept = [rule[1:] for rule in rules if rule.startswith("!")]
    files = run(["git", "ls-files", "--", *kept], cwd=ROOT).stdout.splitlines()
    for file in files:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, tmp_path / file)
    done = run(["cargo", "metadata", "--no-deps", "--locked", "--format-version", "1"], cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    metadata = json.loads(done.stdout[done.stdout.index("{") :])
    sources = {target["src_path"] for package in metadata["packages"] for target in package["targets"]}
    assert len(sources) > 10 and all(Path(source).exists() for source in sources)


def last_stage():
    """The instructions of the last stage of the Dockerfile, which begins with an empty folder."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line and not line.startswith("#")]
    start = max(number for number, (word, _) in enumerate(lines) if word == "FROM")
    assert lines[start] == ["FROM", "scratch"]
    return lines[start + 1 :]


def libraries(program):
    """The shared libraries of a program; a release has none."""
    done = run(["ldd", program])
    return [Path(path) for path in re.findall(r"(/\S+) \(0x", done.stdout)]


@pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="only root can change the root folder of a process"
)
def test_the_container_runs_in_an_empty_root_as_another_user(archive, tmp_path):
    built, root = tmp_path / "nucleoscope", tmp_path / "root"
    with tarfile.open(archive) as files:
        files.extractall(tmp_path / "archive", filter="data")
    (tmp_path / "archive" / archive.name.removesuffix(".tar.gz")).rename(built)
    root.mkdir()
    for word, rest in last_stage():
        if word == "COPY":
            stage, *sources, target = rest.split()
            assert stage == "--from=build"
            for source in sources:
                (root / target[1:]).mkdir(parents=True, exist_ok=True)
                shutil.copy(built / Path(source).relative_to("/nucleoscope"), root / target[1:])
        elif word == "WORKDIR":
            work = rest
        elif word == "USER":
            user, group = (int(part) for part in rest.split(":"))
        else:
            assert word == "ENTRYPOINT"
            entry = [part.strip('"') for part in shlex.split(rest.strip("[]").replace(",", " "))]
    shared = libraries(built / "nucleoscope")
    if not shared:
        size = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
        print(f"the image has {size / 1e6:.1f} MB")
        assert size <= 60e6
    for library in shared:
        (root / str(library.parent)[1:]).mkdir(parents=True, exist_ok=True)
        shutil.copy(library, root / str(library)[1:])
    # A mounted folder of the user's.
    (root / work[1:]).mkdir()
    os.chown(root / work[1:], user, group)

    def enter():
        os.chroot(root)
        os.chdir(work)
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)

    def start(*arguments):
        done = subprocess.run([*entry, *arguments], preexec_fn=enter, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    start("example", "images", "--count", "2", "--nuclei", "8")
    start("segment", "images", "--export-dir", "results", "--resume")
    results = root / work[1:] / "results"
    assert (results / "nuclei.csv").read_text().count("\n") == 17
    assert {path.stat().st_uid for path in results.iterdir()} == {user}
