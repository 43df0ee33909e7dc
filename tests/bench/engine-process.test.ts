import assert from "node:assert/strict";
import { test } from "vitest";
import { EngineProcess } from "../../benchmarks/engine-process.mjs";

const program = `
  require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
    if (line === "end") process.exit(3);
    console.log(JSON.stringify(line === "bad" ? { error: "no such thing" } : { milliseconds: Number(line) }));
  });
`;
const start = () => new EngineProcess("the program", process.execPath, ["--eval", program]);

test("a program answers line by line", async () => {
  const engine = start();
  assert.equal(await engine.time("12.5"), 12.5);
  assert.deepEqual(await engine.ask("3"), { milliseconds: 3 });
  await engine.end();
});

test("an error of a program names it", async () => {
  const engine = start();
  await assert.rejects(engine.ask("bad"), /the program: no such thing/);
  assert.equal(await engine.time("1"), 1, "it continues");
  await engine.end();
});

test("a program that ends or cannot be started is an error that names it", async () => {
  await assert.rejects(start().ask("end"), /the program ended \(exit code 3\)/);
  await assert.rejects(
    new EngineProcess("nothing", "no-such-program-here", []).ask("1"),
    /nothing could not be started/,
  );
});
