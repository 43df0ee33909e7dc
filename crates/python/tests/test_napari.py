"""The plug-in for napari, without a screen."""

import importlib
import os
import subprocess
import sys

import nucleoscope
import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Image, Labels
from npe2 import PluginManager

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def contribution():
    manager = PluginManager.instance()
    manager.discover(include_npe1=False)
    (widget,) = manager.get_manifest("nucleoscope").contributions.widgets
    return widget


@pytest.fixture
def widget_function():
    """What napari finds in the manifest of the installed package."""
    widget = contribution()
    assert widget.autogenerate and widget.display_name == "Segment nuclei"
    return PluginManager.instance().commands.get(widget.command)


def segment(function, layer, **arguments):
    """Runs the widget's function on a layer and adds the result to a viewer, as napari does."""
    viewer = ViewerModel()
    viewer.layers.append(layer)
    (added,) = viewer._add_layer_from_data(*function(layer, **arguments))
    return added


def test_the_manifest_is_valid():
    subprocess.run([sys.executable, "-m", "npe2", "validate", "nucleoscope"], check=True)


def test_the_button_segments_the_layer(drawn, found):
    try:
        widgets = importlib.import_module("qtpy.QtWidgets")
    except ImportError as error:
        pytest.skip(f"Qt cannot be loaded: {error}")
    application = widgets.QApplication.instance() or widgets.QApplication([])
    widget = contribution().get_callable()()
    assert [part.name for part in widget] == ["image", "diameter", "call_button"]
    widget.image.choices = [Image(drawn[0], name="cells")]
    results = []
    widget.called.connect(results.append)
    widget.call_button.native.click()
    application.processEvents()
    ((labels, options, kind),) = results
    np.testing.assert_array_equal(labels, found.labels)
    assert (options["name"], kind) == ("cells nuclei", "labels")


def test_an_image_layer_becomes_a_layer_of_labels(widget_function, drawn, found):
    layer = Image(drawn[0], name="cells", scale=(0.5, 0.25), translate=(3, 4))
    labels = segment(widget_function, layer)
    assert isinstance(labels, Labels) and labels.name == "cells nuclei"
    np.testing.assert_array_equal(labels.data, found.labels)
    assert labels.scale.tolist() == [0.5, 0.25] and labels.translate.tolist() == [3, 4]
    assert labels.data.flags["W"], "labels can be painted"


def test_colour_and_multiscale_layers_are_read(widget_function, drawn):
    image, _ = nucleoscope.example(seed=4, stained=True)
    labels = segment(widget_function, Image(image, rgb=True), diameter=24.0)
    np.testing.assert_array_equal(labels.data, nucleoscope.segment(image, diameter=24).labels)
    gray, _ = drawn
    pyramid = segment(widget_function, Image([gray, gray[::2, ::2]], multiscale=True))
    assert pyramid.data.shape == gray.shape


def test_planes_of_a_stack_have_nuclei_of_their_own(widget_function, drawn, found):
    labels = segment(widget_function, Image(np.stack([drawn[0], drawn[0][::-1]])))
    assert labels.data.shape == (2, *drawn[0].shape)
    np.testing.assert_array_equal(labels.data[0], found.labels)
    second = labels.data[1][labels.data[1] > 0]
    assert second.min() == found.count + 1
