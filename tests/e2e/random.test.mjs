/** A user who does anything at any time: for half a minute here, longer with `npm run e2e -- --random MINUTES`. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Fixture } from "./harness.mjs";
import { playRandomly, randomOptions } from "./random.mjs";

let fixture;
before(async () => {
  fixture = await Fixture.open();
});
after(() => fixture.close());

test("whatever is done in whatever order, there is no error, and all counts agree with the exported files", async () => {
  const session = await fixture.page(randomOptions);
  const actions = await playRandomly(session, 1, 15_000);
  assert.ok(actions > 20, `${actions} actions`);
  await session.leave();
});
