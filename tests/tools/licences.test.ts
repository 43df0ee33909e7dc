import { expect, test } from "vitest";
import { noticesOf } from "../../tools/licences.mjs";

const metafileOf = (inputs: Record<string, { bytesInOutput: number }>) => [{ outputs: { "main.js": { inputs } } }];

test("every library with code in a script is named once, with its licence", () => {
  const text = noticesOf(
    metafileOf({
      "www/src/main.ts": { bytesInOutput: 10 },
      "node_modules/idb/build/index.js": { bytesInOutput: 10 },
      "node_modules/d3-array/src/max.js": { bytesInOutput: 10 },
      "node_modules/d3-array/src/min.js": { bytesInOutput: 10 },
      "node_modules/d3-timer/src/now.js": { bytesInOutput: 0 },
      "node_modules/@preact/signals-core/dist/index.mjs": { bytesInOutput: 10 },
    }),
  );
  const named = [...text.matchAll(/^(\S+) [\d.]+ \((\S+)\)$/gm)].map(([, name, licence]) => `${name} ${licence}`);
  expect(named).toEqual(["@preact/signals-core MIT", "d3-array ISC", "idb ISC"]);
  expect(text.match(/Permission/g)).toHaveLength(3);
});
