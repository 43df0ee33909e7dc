import assert from "node:assert/strict";
import { test } from "vitest";
import { Contestant } from "../../benchmarks/contestant.mjs";

const program = `
  require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
    if (line === "end") process.exit(3);
    console.log(JSON.stringify(line === "bad" ? { error: "no such thing" } : { milliseconds: Number(line) }));
  });
`;
const start = () => new Contestant("the program", process.execPath, ["--eval", program]);

test("a program answers line by line", async () => {
  const contestant = start();
  assert.equal(await contestant.time("12.5"), 12.5);
  assert.deepEqual(await contestant.ask("3"), { milliseconds: 3 });
  await contestant.end();
});

test("what a program cannot do is an error that names it", async () => {
  const contestant = start();
  await assert.rejects(contestant.ask("bad"), /the program: no such thing/);
  assert.equal(await contestant.time("1"), 1, "it goes on");
  await contestant.end();
});

test("a program that ends or cannot be started is an error that names it", async () => {
  await assert.rejects(start().ask("end"), /the program ended \(exit code 3\)/);
  await assert.rejects(new Contestant("nothing", "no-such-program-here", []).ask("1"), /nothing could not be started/);
});
