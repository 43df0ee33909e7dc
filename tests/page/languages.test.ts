/** The files with the texts of the page, one for each language. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import * as english from "../../packages/nucleoscope/src/languages/english.ts";
import { Formats } from "../../packages/nucleoscope/src/languages/formats.ts";
import * as german from "../../packages/nucleoscope/src/languages/german.ts";

/** The compiler reports a text that is missing or has other arguments. */
type Texts = { readonly [Name in keyof typeof english]: Widened<(typeof english)[Name]> };
type Widened<Text> = Text extends string
  ? string
  : Text extends (...values: never) => unknown
    ? Text
    : { readonly [Name in keyof Text]: Widened<Text[Name]> };

const translations: Readonly<Record<string, Texts>> = { german };

const root = join(import.meta.dirname, "../..");
const sources = ["packages/nucleoscope/src", "www/src"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(ts|html)$/.test(name) && !/^(languages|wasm)\//.test(name))
    .map((name) => readFileSync(join(root, folder, name), "utf8")),
);

describe.each(Object.entries(translations))("%s", (_, translation) => {
  test("has the texts of the English page and no others", () => {
    expect(Object.keys(translation).sort()).toEqual(Object.keys(english).sort());
  });

  test("has no English sentences", () => {
    const texts: Readonly<Record<string, unknown>> = translation;
    const sentences = Object.entries(english).filter(([, text]) => typeof text === "string" && text.includes(" "));
    const same = sentences.filter(([name, text]) => texts[name] === text).map(([name]) => name);
    expect(same).toEqual([]);
  });
});

test("every text is used", () => {
  const used = new Set(sources.flatMap((source) => source.match(/(?<=\btext\.|\{\{)\w+/g) ?? []));
  expect(Object.keys(english).filter((name) => !used.has(name))).toEqual([]);
});

test("texts of templates have no characters with a meaning in HTML", () => {
  const names = new Set(sources.flatMap((source) => source.match(/(?<=\{\{)\w+(?=\}\})/g) ?? []));
  expect(names.size).toBeGreaterThan(100);
  for (const texts of [english, german] as readonly Readonly<Record<string, unknown>>[]) {
    for (const name of names) expect(texts[name], name).toMatch(/^[^<>&"]+$/);
  }
});

describe("numbers", () => {
  const { number, fixed, precise } = new Formats("de");

  test("are written as in the language", () => {
    expect(number(1_234_567)).toBe("1.234.567");
    expect(fixed(37.5, 2)).toBe("37,50");
    expect(precise(0.012_345, 3)).toBe("0,0123");
    expect(german.imageCount(1)).toBe("1 Bild");
    expect(german.nucleusCount(1500)).toBe("1.500 Kerne");
    expect(german.positiveNuclei(1, 3)).toBe("1 von 3 Kernen (33,3\u00a0%)");
    expect(english.positiveNuclei(1, 3)).toBe("1 of 3 nuclei (33.3\u00a0%)");
  });
});
