import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { noticesOf } from "../../tools/licences.mjs";
import { root } from "../../tools/step.mjs";

const metafileOf = (inputs: Record<string, { bytesInOutput: number }>) => [{ outputs: { "main.js": { inputs } } }];

test("every library with code in a script is named once, with its licence", () => {
  const text = noticesOf(
    metafileOf({
      "www/src/main.ts": { bytesInOutput: 10 },
      "node_modules/d3-scale/src/linear.js": { bytesInOutput: 10 },
      "node_modules/d3-array/src/max.js": { bytesInOutput: 10 },
      "node_modules/d3-array/src/min.js": { bytesInOutput: 10 },
      "node_modules/d3-timer/src/now.js": { bytesInOutput: 0 },
      "node_modules/@preact/signals-core/dist/index.mjs": { bytesInOutput: 10 },
    }),
  );
  const named = [...text.matchAll(/^(\S+) [\d.]+ \((\S+)\)$/gm)].map(([, name, licence]) => `${name} ${licence}`);
  expect(named).toEqual(["@preact/signals-core MIT", "d3-array ISC", "d3-scale ISC"]);
  expect(text.match(/Permission/g)).toHaveLength(3);
});

test("a library without its licence fails the build", () => {
  const folder = join("target", "licences-test", "node_modules", "unlicensed");
  mkdirSync(join(root, folder), { recursive: true });
  try {
    writeFileSync(join(root, folder, "package.json"), `{ "name": "unlicensed", "version": "1.0.0", "license": "MIT" }`);
    const files = metafileOf({ [`${folder}/index.js`]: { bytesInOutput: 10 } });
    expect(() => noticesOf(files)).toThrow("unlicensed has no file with its licence");
  } finally {
    rmSync(join(root, "target", "licences-test"), { recursive: true });
  }
});
