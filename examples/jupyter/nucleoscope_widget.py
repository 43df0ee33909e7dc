"""Nucleoscope in a notebook: the workbench, and its measurements as a pandas table."""

from pathlib import Path

import anywidget
import numpy as np
import pandas as pd
import traitlets


class Nucleoscope(anywidget.AnyWidget):
    """The workbench, in the browser that shows the notebook; images are not sent to the kernel.

    `files` are opened at once; others can be chosen or dropped. `dist` is the package's folder with that name. Its
    files are sent with the widget, so no server has to serve them.
    """

    _esm = """
    let module;

    // The files are traits: the notebook's server does not have to serve them.
    async function load(model) {
      const bytes = (name) => {
        const { buffer, byteOffset, byteLength } = model.get(name);
        return new Uint8Array(buffer, byteOffset, byteLength);
      };
      const script = (name) => new Blob([bytes(name)], { type: "text/javascript" });
      const address = URL.createObjectURL(script("_element"));
      const { NucleoScopeElement } = await import(address);
      URL.revokeObjectURL(address);
      NucleoScopeElement.defaults = { wasm: bytes("_wasm"), model: bytes("_onnx"), worker: script("_worker") };
    }

    async function render({ model, el }) {
      module ??= load(model);
      await module;
      const element = document.createElement("nucleo-scope");
      element.mode = model.get("mode");
      element.style.cssText = `display: block; height: ${model.get("height")}px`;
      let timer;
      let sent = 0;
      const send = () => {
        timer = undefined;
        sent = element.results.length;
        model.set("results", element.results);
        model.set(
          "measurements",
          element.measurements().map(({ imageId, table, included }) => ({
            image: imageId,
            columns: table.columns.map(({ key }) => key),
            values: new DataView(table.values.buffer, table.values.byteOffset, table.values.byteLength),
            included: new DataView(included.buffer, included.byteOffset, included.byteLength),
          })),
        );
        model.save_changes();
      };
      // At most five times a second, however many images are finished.
      const schedule = () => (timer ??= setTimeout(send, 200));
      element.addEventListener("result", schedule);
      // The selection changes, too, when an image is removed.
      element.addEventListener("selection", () => queueMicrotask(() => element.results.length !== sent && schedule()));
      el.append(element);
      const files = model.get("_files").map(({ name, content }) => new File([content], name));
      if (files.length > 0) element.open(files);
      return () => {
        clearTimeout(timer);
        element.remove();
      };
    }

    export default { render };
    """

    mode = traitlets.Enum(["edit", "view", "mini"], "edit").tag(sync=True)
    height = traitlets.Int(600, help="in CSS pixels").tag(sync=True)
    results = traitlets.List(help="one dictionary an image: imageId, path, width, height, nuclei, count").tag(sync=True)
    measurements = traitlets.List(help="one dictionary an image; `table` reads it").tag(sync=True)

    _element = traitlets.Bytes().tag(sync=True)
    _worker = traitlets.Bytes().tag(sync=True)
    _wasm = traitlets.Bytes().tag(sync=True)
    _onnx = traitlets.Bytes().tag(sync=True)
    _files = traitlets.List().tag(sync=True)

    def __init__(self, *files, dist=Path(__file__).parent / "nucleoscope", **traits):
        dist = Path(dist)
        super().__init__(
            _element=(dist / "element.js").read_bytes(),
            _worker=(dist / "worker.js").read_bytes(),
            _wasm=(dist / "nucleoscope_bg.wasm").read_bytes(),
            _onnx=(dist / "nuclei.onnx").read_bytes(),
            _files=[{"name": Path(file).name, "content": Path(file).read_bytes()} for file in files],
            **traits,
        )

    def table(self):
        """The nuclei of all finished images, one row each, with the measurements of `nuclei.csv`.

        `included` is false for nuclei that regions or gates leave out.
        """
        tables = [frame_of(image) for image in self.measurements]
        return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def frame_of(image):
    """The table of one image. Its values come column by column."""
    columns = image["columns"]
    values = np.frombuffer(image["values"], dtype="<f8").reshape(len(columns), -1)
    frame = pd.DataFrame(values.T, columns=columns).astype({"nucleus": int})
    frame.insert(0, "image", image["image"])
    frame.insert(2, "included", np.frombuffer(image["included"], dtype=np.uint8).astype(bool))
    return frame
