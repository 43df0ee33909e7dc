/** Models of others on the page: tried in a worker of their own, used or refused with a reason. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { build } from "esbuild";
import { root } from "../../tools/step.mjs";
import { exampleSet, exported, Fixture } from "./harness.mjs";

let fixture;
let set;
let writer;

before(async () => {
  set = exampleSet(3);
  const { outputFiles } = await build({ entryPoints: [join(root, "tests/wasm/onnx.ts")], format: "esm", write: false });
  writer = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
  fixture = await Fixture.open();
});
after(() => fixture.close());

/** A model whose maps are the image and the smallest value of `name`, which the nodes compute. */
function model(nodes, constants, name) {
  const eye = { name: "weights", dims: [3, 3, 1, 1], type: "float", values: [1, 0, 0, 0, 1, 0, 0, 0, 1] };
  const least = name === undefined ? [] : [{ operator: "ReduceMin", inputs: [name], outputs: ["least"] }];
  const sum = { operator: "Add", inputs: ["first", name === undefined ? "first" : "least"], outputs: ["sum"] };
  const metadata = { ...writer.modelMetadata, name: "<b>other</b>\u001b[31m\u202e" };
  const first = { operator: "Conv", inputs: ["image", "weights"], outputs: ["first"] };
  const last = { operator: "Sigmoid", inputs: ["sum"], outputs: ["maps"] };
  return writer.onnxModel([first, ...nodes, ...least, sum, last], [eye, ...constants], metadata);
}

const integers = (name, values) => ({ name, dims: [values.length], type: "int64", values });

/** A chain of nodes from `start` to the name that is returned. */
function chain(start, length, nodeAt) {
  const nodes = Array.from({ length }, (_, place) => ({ ...nodeAt(place), outputs: [`${start}${place + 1}`] }));
  for (const [place, node] of nodes.entries()) {
    node.inputs = node.inputs.map((input) => input ?? `${start}${place === 0 ? "" : place}`);
  }
  return { nodes, last: `${start}${length}` };
}

const shape = { operator: "Shape", inputs: ["first"], outputs: ["shape"] };

/** Sizes that the engine keeps as formulas, which are too long for its stack. */
function crashing() {
  const { nodes, last } = chain("shape", 600, (place) =>
    place % 2 === 0 ? { operator: "Add", inputs: [null, "one"] } : { operator: "Div", inputs: [null, "three"] },
  );
  const zeros = { operator: "ConstantOfShape", inputs: [last], outputs: ["zeros"] };
  return model([shape, ...nodes, zeros], [integers("one", [1]), integers("three", [3])], "zeros");
}

/** Four megabytes, doubled twenty times. */
function large() {
  const start = { operator: "ConstantOfShape", inputs: ["million"], outputs: ["zeros"] };
  const { nodes, last } = chain("zeros", 20, () => ({
    operator: "Concat",
    inputs: [null, null],
    attributes: { axis: { int: 0 } },
  }));
  return model([start, ...nodes], [integers("million", [1_000_000])], last);
}

/** The engine multiplies formulas without end. */
function endless() {
  const { nodes, last } = chain("shape", 20, () => ({ operator: "Mul", inputs: [null, null] }));
  const cast = { operator: "Cast", inputs: [last], outputs: ["numbers"], attributes: { to: { int: 1 } } };
  return model([shape, ...nodes, cast], [], "numbers");
}

const inUse = (page) => page.locator("#model-words").textContent();

/** Waits for a message, and returns its words. */
async function message({ page }, words) {
  const found = page.locator("#message-list li").filter({ hasText: words });
  await found.waitFor();
  return found.textContent();
}

/** The console may say why a worker crashed. */
const allowed = [/panicked|RuntimeError|stack|ERR_|unreachable/i];

describe("a model among the images", () => {
  test("that does harm is refused with the reason, and the images are segmented with the model in use", async () => {
    const session = await fixture.page({
      // So that the model without end need not be waited for.
      prepare: (page) =>
        page.addInitScript(() => {
          const real = globalThis.setTimeout;
          globalThis.setTimeout = (run, time, ...rest) =>
            real(run, time === 60_000 && globalThis.isImpatient ? 2000 : time, ...rest);
        }),
    });
    const built = await inUse(session.page);
    assert.match(built, /^model nuclei \d/);
    const [first, second, third] = set.images;
    const harmful = { name: "crash.onnx", bytes: crashing() };
    await session.drop([first, harmful, second]);
    await session.finished(/^2 images done/);
    assert.match(
      await message(session, "crash.onnx"),
      /^crash\.onnx is not used: it crashed the worker.* still nuclei \d/,
    );
    await session.picture("model-refused");
    for (const [name, bytes, reason] of [
      ["large.onnx", large(), /large\.onnx is not used: it needs more than 1024 MiB of memory/],
      ["endless.onnx", endless(), /endless\.onnx is not used: trying it took longer than 60 s/],
      ["text.onnx", Buffer.from("\u001b[31mnot a model"), /text\.onnx is not used: this is not an ONNX model/],
    ]) {
      await session.page.evaluate((isImpatient) => Object.assign(globalThis, { isImpatient }), name === "endless.onnx");
      await session.drop([{ name, bytes }]);
      assert.match(await message(session, name), reason);
    }
    await session.drop([third]);
    await session.finished(/^3 images done/);
    assert.equal(await inUse(session.page), built);
    assert.equal((await session.done()).size, 3);
    const entries = await exported(session, ["summary"]);
    const summary = entries.get("summary.csv").toString();
    assert.equal(summary.match(/,nuclei \d/g).length, 3, summary);
    await session.leave({ allowed });
  });

  test("is used from then on if it is valid; its name is text, and the results have it", async () => {
    const session = await fixture.page();
    const { page } = session;
    const built = (await inUse(page)).replace("model ", "");
    await session.drop(set.images.slice(0, 1));
    await session.finished(/^1 image done/);
    assert.equal(await page.getByRole("button", { name: `Back to ${built}` }).isVisible(), false);
    const other = Buffer.from(model([], []));
    await session.drop([{ name: "other.onnx", bytes: other }, ...set.images.slice(1, 2)]);
    await session.finished(/^2 images done/);
    const name = "<b>other</b>\\u{1b}[31m\\u{202e} 1";
    assert.equal(await inUse(page), `model ${name}`);
    const hash = createHash("sha256").update(other).digest("hex");
    assert.equal(await page.locator("#model-words").getAttribute("title"), `SHA-256 ${hash}`);
    await session.picture("model-other");
    const records = async () =>
      JSON.parse((await exported(session, ["record"])).get("nucleoscope.json").toString()).images;
    const [one, two] = await records();
    assert.notEqual(one.model.sha256, hash);
    assert.deepEqual(two.model, { name: name.slice(0, -2), version: "1", sha256: hash });
    await page.getByRole("button", { name: "Segment again" }).click();
    await session.finished(/^2 images done/);
    assert.deepEqual(
      (await records()).map((record) => record.model.sha256),
      [hash, hash],
    );

    await page.getByRole("button", { name: `Back to ${built}` }).click();
    await page.waitForFunction((words) => part("#model-words").textContent === words, `model ${built}`);
    assert.equal(await page.getByRole("button", { name: "Segment again" }).isVisible(), true);
    await session.leave();
  });
});

test("the element's attribute changes the model, and keeps images and results if it is refused", async () => {
  const files = { "/other.onnx": Buffer.from(model([], [])), "/crash.onnx": Buffer.from(crashing()) };
  const session = await fixture.page({
    prepare: async (page) => {
      for (const [path, body] of Object.entries(files))
        await page.route(`**${path}`, (route) => route.fulfill({ body }));
    },
  });
  const { page } = session;
  await session.drop(set.images.slice(0, 1));
  await session.finished(/^1 image done/);
  const built = await inUse(page);
  const change = (address) =>
    page.evaluate((model) => {
      document.querySelector("nucleo-scope").model = model;
    }, address);
  await change("crash.onnx");
  assert.match(await message(session, "crash.onnx"), /is not used/);
  assert.deepEqual([await inUse(page), (await session.done()).size], [built, 1]);
  await change("other.onnx");
  await page.waitForFunction(() => /other/.test(part("#model-words").textContent));
  await page.evaluate(() => document.querySelector("nucleo-scope").removeAttribute("model"));
  await page.waitForFunction((words) => part("#model-words").textContent === words, built);
  assert.equal((await session.done()).size, 1);
  await session.leave({ allowed });
});
