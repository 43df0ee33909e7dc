"""The scripts for QuPath, with stand-ins for its functions, and for Fiji, in ImageJ without a window."""

import os

from conftest import HERE, ROOT, groovy, run


def test_the_script_for_qupath_replaces_the_detections_of_the_open_image(images, environment):
    script = ROOT / "workflows/qupath/nucleoscope.groovy"
    said = groovy(HERE / "qupath.groovy", script, images / "example-001001.png", env=environment)
    # The stand-in knows the size of a pixel.
    assert "8 detections, [Area px², Area µm²]" in said


def test_the_script_for_fiji_shows_every_nucleus_as_an_overlay(images, environment, program, tmp_path):
    image = images / "example-001001.png"
    done = run([program, "segment", image, "--labels", tmp_path])
    assert done.returncode == 0, done.stdout
    script = ROOT / "workflows/fiji/nucleoscope.groovy"
    classes = ["-cp", os.environ["IMAGEJ_JAR"], "-Djava.awt.headless=true"]
    said = groovy(*classes, HERE / "fiji.groovy", script, image, tmp_path / image.name, env=environment)
    assert "8 ROIs, 8 nuclei, 0 pixels differ" in said
