/** The page as one file, saved from the served page and opened from a disk. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { after, before, describe, test } from "node:test";
import { dist } from "../../tools/build.mjs";
import { singleFile } from "../../tools/single-file.mjs";
import { exampleSet, Fixture, temporaryFolder } from "./harness.mjs";

let fixture;
let set;

before(async () => {
  set = exampleSet(2);
  fixture = await Fixture.open();
});
after(() => fixture.close());

describe("the single file", () => {
  test("is saved from the page, opens without a server and gives the same CSV", async () => {
    const served = await fixture.page();
    const link = served.page.getByRole("link", { name: "Save this page for use offline" });
    const [download] = await Promise.all([served.page.waitForEvent("download"), link.click()]);
    assert.equal(download.suggestedFilename(), "nucleoscope.html");
    const path = join(temporaryFolder(), "nucleoscope.html");
    await download.saveAs(path);
    await served.drop(set.images);
    await served.finished(/^2 images done/);
    const expected = await served.csv();
    await served.leave();

    const address = pathToFileURL(path).href;
    const opened = await fixture.page({ address });
    assert.equal(await opened.page.getByRole("link", { name: /offline/ }).count(), 0, "no link to save the file again");
    await opened.choose("Choose images", set.paths);
    await opened.finished(/^2 images done/);
    assert.equal(await opened.csv(), expected);
    const elsewhere = opened.watch.requests.filter((request) => request !== address && !/^(blob|data):/.test(request));
    assert.deepEqual(elsewhere, [], "nothing outside the file is requested");
    await opened.page.getByRole("button", { name: "Copy link" }).scrollIntoViewIfNeeded();
    await opened.picture("single-file");
    await opened.leave();
  });

  test("reports that it is damaged, and what to do", async () => {
    const path = join(temporaryFolder(), "damaged.html");
    const whole = readFileSync(join(dist, singleFile));
    for (const share of [0.5, 0.95]) {
      writeFileSync(path, whole.subarray(0, Math.floor(whole.length * share)));
      const session = await fixture.page({ address: pathToFileURL(path).href, ready: false });
      const alert = session.page.getByRole("alert");
      await alert.waitFor();
      assert.match(await alert.textContent(), /This file is damaged.*Save the page again/s);
      await session.leave();
    }
  });

  test("forbids all connections by its own policy", () => {
    const html = readFileSync(join(dist, singleFile), "utf8");
    const [, policy] = html.match(/http-equiv="Content-Security-Policy"\s+content="([^"]*)"/);
    assert.doesNotMatch(policy, /'self'|connect-src|unsafe-inline/);
    assert.match(policy, /^default-src 'none'/);
  });
});
