/** The panel of measurements by itself, with synthetic nuclei. */
import type { MeasurementTable } from "../../../packages/nucleoscope/src/results/measurement-table.ts";
import type { Gate } from "../../../packages/nucleoscope/src/session/gates.ts";
import {
  regroup,
  setGroup,
  type GroupChange,
  type Grouped,
  type GroupRule,
} from "../../../packages/nucleoscope/src/session/groups.ts";
import { ResultsPanel, type CountedRows } from "../../../packages/nucleoscope/src/results/results-panel.ts";

const columns = [
  ["area_px2", "Area", "px²"],
  ["centroid_x_px", "Centroid x", "px"],
  ["centroid_y_px", "Centroid y", "px"],
  ["perimeter_px", "Perimeter", "px"],
  ["circularity", "Circularity", ""],
  ["major_axis_px", "Major axis", "px"],
  ["minor_axis_px", "Minor axis", "px"],
  ["eccentricity", "Eccentricity", ""],
  ["solidity", "Solidity", ""],
  ["nearest_neighbour_px", "Nearest neighbour", "px"],
  ["touches_edge", "Touches edge", ""],
  ["gray_mean", "Gray mean", ""],
  ["gray_integrated_above_background", "Gray integrated above background", ""],
].map(([key = "", label = "", unit = ""]) => ({ key, label, unit }));

/** A table with the given numbers of rows and columns, the same every time. */
function tableOf(rows: number, columnCount: number): MeasurementTable {
  let state = 42;
  const uniform = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  const normal = (): number => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const extra = Array.from({ length: Math.max(0, columnCount - columns.length) }, (_, index) => ({
    key: `texture_${index + 1}`,
    label: `Texture ${index + 1}`,
    unit: "",
  }));
  const all = [...columns, ...extra].slice(0, columnCount);
  const values = new Float64Array(all.length * rows);
  const put = (key: string, row: number, value: number): void => {
    const column = all.findIndex((candidate) => candidate.key === key);
    if (column >= 0) values[column * rows + row] = value;
  };
  for (let row = 0; row < rows; row++) {
    const isDividing = uniform() < 0.15;
    const radius = (isDividing ? 7 : 12) * Math.exp(0.18 * normal());
    const stretch = 1 + 0.35 * Math.abs(normal());
    const area = Math.round(Math.PI * radius * radius);
    const mean = (isDividing ? 170 : 90) + 15 * normal();
    const circularity = Math.min(1, 0.97 / Math.sqrt(stretch) + 0.01 * normal());
    for (const { key } of all) put(key, row, normal());
    put("area_px2", row, area);
    put("centroid_x_px", row, 2048 * uniform());
    put("centroid_y_px", row, 2048 * uniform());
    put("perimeter_px", row, 2 * Math.PI * radius * stretch ** 0.25);
    put("circularity", row, circularity);
    put("major_axis_px", row, 2 * radius * Math.sqrt(stretch));
    put("minor_axis_px", row, (2 * radius) / Math.sqrt(stretch));
    put("eccentricity", row, Math.sqrt(1 - 1 / stretch ** 2));
    put("solidity", row, Math.min(1, 0.97 + 0.012 * normal()));
    put("nearest_neighbour_px", row, row % 50 === 49 ? Number.NaN : 14 + 12 * Math.abs(normal()));
    put("touches_edge", row, uniform() < 0.04 ? 1 : 0);
    put("gray_mean", row, mean);
    put("gray_integrated_above_background", row, area * (mean - 12));
  }
  return { columns: all, rows, values };
}

/** Which nuclei count by area or circularity alone, in place of the engine. */
function countOf({ columns: all, rows, values }: MeasurementTable, gates: readonly Gate[]): CountedRows {
  const included = Uint8Array.from({ length: rows }, (_, row) => {
    const passes = ({ key, minimum, maximum, keep }: Gate): boolean => {
      const value = values[all.findIndex((column) => column.key === key) * rows + row] ?? Number.NaN;
      return (value >= (minimum ?? -Infinity) && value <= (maximum ?? Infinity)) === (keep === "inside");
    };
    return gates.every(passes) ? 1 : 0;
  });
  const pixels = 2048 * 2048;
  const summed = all.map((column, index) => {
    const kept = [...values.subarray(index * rows, (index + 1) * rows)].filter(
      (value, row) => included[row] === 1 && Number.isFinite(value),
    );
    const mean = kept.reduce((sum, value) => sum + value, 0) / kept.length;
    const squares = kept.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    return { column, moments: { count: kept.length, mean, squares } };
  });
  const count = included.reduce((sum, one) => sum + one, 0);
  const squareMillimetres = (pixels * 0.25) / 1e6;
  const summary = { nuclei: rows, included: count, positive: null, pixels, squareMillimetres, columns: summed };
  return { included, summary };
}

/** Shows a table as the page does, and counts its nuclei whenever the gates change. */
function show(table: MeasurementTable | null): void {
  shown = table;
  panel.show(table, table === null ? null : { imageName: "field-1.tif", ...countOf(table, panel.gates) });
}

/** The images of the batch, and the rule of their groups. */
let batch: (Grouped & { readonly counted: CountedRows & { readonly table: MeasurementTable } })[] = [];
let rule: GroupRule = { kind: "folder" };

/** Shows images with these paths; the nuclei of each are larger than those of the image before by `growth`. */
function showBatch(paths: readonly string[], rows: number, growth = 0.02): void {
  batch = paths.map((path, place) => {
    const table = tableOf(rows, 13);
    const values = table.values.map((value, index) => (index < rows ? value * (1 + growth * place) : value));
    const grown = { ...table, values };
    return { path, group: null, hasOwnGroup: false, counted: { table: grown, ...countOf(grown, panel.gates) } };
  });
  regroup(batch, rule);
  refreshBatch();
}

function refreshBatch(): void {
  const images = batch.map(({ path, group, counted }) => ({
    path,
    name: path.split("/").at(-1) ?? path,
    group: group || null,
    counted,
  }));
  panel.showConditions({ images, rule, selected: batch[0]?.path ?? null });
}

function changeGroups(change: GroupChange): void {
  const value = change.kind === "rule" ? change.rule : { paths: [...change.paths], name: change.name };
  calls.push({ kind: "groupsChanged", value });
  if (change.kind === "rule") {
    rule = change.rule;
    for (const image of batch) image.hasOwnGroup = false;
    regroup(batch, rule);
  } else for (const image of batch) if (change.paths.has(image.path)) setGroup(image, change.name);
  refreshBatch();
}

let shown: MeasurementTable | null = null;
const host = document.querySelector<HTMLElement>("#host");
if (host === null) throw new Error("the page has no #host");

/** The panel's callbacks, for the tests to read. */
const calls: { readonly kind: string; readonly value: unknown }[] = [];

const panel = new ResultsPanel(host, {
  selected: (label) => calls.push({ kind: "selected", value: label }),
  hovered: (label) => calls.push({ kind: "hovered", value: label }),
  brushed: (labels) => calls.push({ kind: "brushed", value: labels === null ? null : [...labels] }),
  groupsChanged: changeGroups,
  thresholdChanged: (threshold) => {
    calls.push({ kind: "thresholdChanged", value: threshold });
    panel.threshold = threshold;
  },
  suggest: async () => 120.5,
  gatesChanged: (_, gates) => {
    calls.push({ kind: "gatesChanged", value: gates });
    if (shown !== null) panel.count(countOf(shown, gates));
  },
});

Object.assign(globalThis, { panel, show, showBatch, tableOf, calls });
