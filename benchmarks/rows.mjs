/**
 * The comparisons, with their targets.
 *
 * `target` is the required value and `aim` the goal, or null: for the ratio of our value to the peer's or, if there
 * is no peer, for our value in its unit.
 */

const row = (name, what, unit, peer, target, aim, better = "lower") => ({
  name,
  what,
  unit,
  peer,
  target,
  aim,
  better,
});

const web = "onnxruntime-web";
const stock = "stock tract";
const network = "the network itself";

/** Every row, by the group that measures it. The last groups measure results that are not rows. */
export const groups = {
  network: [
    row("network-256", "network, 256 × 256", "ms", web, 0.4, 0.28),
    row("network-512", "network, 512 × 512", "ms", web, 0.4, 0.28),
    row("network-256-stock", "network, 256 × 256", "ms", stock, 0.33, 0.22),
    row("network-512-stock", "network, 512 × 512", "ms", stock, 0.33, 0.22),
  ],
  differences: [
    row("logits-difference", "difference from onnxruntime-web, logits", "", null, 1e-3, null),
    row("probability-difference", "difference from onnxruntime-web, probabilities", "", null, 1e-4, null),
  ],
  around: [256, 512, 1024].map((side) =>
    row(`around-network-${side}`, `all but the network, ${side} × ${side}`, "ms", network, 0.2, 0.1),
  ),
  watershed: [row("watershed-1024", "watershed, 1024 × 1024, 1,000 nuclei", "ms", "scikit-image", 1, 0.5)],
  batch: [row("batch-64", "64 images, two workers", "images/s", "one worker", 1.6, 1.85, "higher")],
  download: [row("download", "download, Brotli", "MB", null, 4.5, 2.5)],
  start: [row("first-outlines-256", "navigation to first outlines", "s", null, 2, 1)],
  field: [row("gray-8192", "WebAssembly memory for 8192 × 8192", "GiB", null, 1, 0.5)],
  native: [256, 512].flatMap((side) => {
    const what = `native network, ${side} × ${side}`;
    return [
      row(`native-${side}`, what, "ms", "onnxruntime (Python)", 1.2, 0.8),
      row(`native-${side}-stock`, what, "ms", stock, null, null),
    ];
  }),
  files: [
    row("files-time", "10,000 files, all but the nuclei, each", "ms", null, 3, 1),
    row("files-cores", "10,000 files, cores in use", "%", null, 90, null, "higher"),
    row("files-memory", "10,000 files, memory at the end", "MB", "after a quarter", 1.1, null),
  ],
  package: [row("package-256", "256 images, Python package", "s", "command line", 1.05, 1.02)],
  dask: [
    row("dask-image", "Dask, 8192 × 8192, two workers", "Mpixel/s", "one worker", 1.7, 1.9, "higher"),
    row("dask-files", "Dask, 512 files, two workers", "files/s", "one worker", 1.7, 1.9, "higher"),
  ],
  growth: [],
  peak: [],
  warm: [],
};

/** Every row, in order. */
export const rows = Object.values(groups).flat();

/** The row with this name. */
export function rowOf(name) {
  const found = rows.find((row) => row.name === name);
  if (found === undefined) throw new RangeError(`there is no row "${name}"`);
  return found;
}
