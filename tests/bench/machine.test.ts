import assert from "node:assert/strict";
import { test } from "vitest";
import { machine, multiplicationsPerPixel, pinnedVersions, pythonVersions } from "../../benchmarks/machine.mjs";

test("only the machine and the versions are recorded", () => {
  assert.deepEqual(Object.keys(machine()), ["processor", "cores", "memory"]);
  for (const version of Object.values({ ...pinnedVersions(), ...pythonVersions("onnxruntime", "scikit-image") })) {
    assert.match(String(version), /^\d+\.\d+\.\d+$/);
  }
});

test("the model card gives the network's multiply-adds", () => {
  const perPixel = multiplicationsPerPixel();
  assert.ok(perPixel > 1000 && perPixel < 1_000_000, `${perPixel}`);
});
