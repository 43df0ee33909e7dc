/** Every language of the page has the labels that come from Rust. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, test } from "vitest";
import type * as english from "../../packages/nucleoscope/src/languages/english.ts";
import type { Column, FormatInfo, Setting } from "../../packages/nucleoscope/src/wasm/nucleoscope.js";
import { wasm } from "./module.ts";

let nucleoscope: any;
beforeAll(async () => {
  nucleoscope = await wasm();
});

type Texts = Pick<typeof english, "formatHelp" | "measurementName" | "settingHelp">;

const folder = join(import.meta.dirname, "../../packages/nucleoscope/src/languages");
const files = readdirSync(folder).filter((name) => !["english.ts", "formats.ts"].includes(name));
const translations = await Promise.all(
  files.map(async (name) => [name, (await import(join(folder, name))) as Texts] as const),
);

/** Returned for what has no translation. */
const untranslated = "untranslated";

describe.each(translations)("%s", (_, { formatHelp, measurementName, settingHelp }) => {
  test("has the settings that the page shows", () => {
    const settings: Setting[] = nucleoscope.watershedSettings();
    const shown = settings.filter(({ kind, slider }) => kind === "switch" || slider !== null);
    const missing = shown.filter(
      (setting) => settingHelp({ ...setting, help: untranslated, slider: null }) === untranslated,
    );
    assert.deepEqual(missing, []);
  });

  test("has the export formats", () => {
    const formats: FormatInfo[] = nucleoscope.exportFormats();
    const missing = formats.filter((format) =>
      formatHelp({ ...format, description: untranslated }).includes(untranslated),
    );
    assert.deepEqual(missing, []);
  });

  test("has the measurements", () => {
    const image = nucleoscope.DecodedImage.open(nucleoscope.exampleImage(1).png, {}, { x: 0.5, y: 0.5 }, true);
    const { width, height } = image;
    const none = nucleoscope.Segmentation.fromMasks({ masks: new Uint8Array(), width, height, edited: [] });
    const columns: Column[] = none.measure(image, 1).columns;
    assert.ok(columns.length > 40);
    assert.deepEqual(
      columns.filter((column) => measurementName(column) === column.label),
      [],
    );
  });
});
