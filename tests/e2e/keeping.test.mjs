/** Nothing that was worked out or drawn is lost without a word. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { faulty, setFaults } from "./faults.mjs";
import { exampleSet, Stage } from "./harness.mjs";

let stage;
let set;

before(async () => {
  set = exampleSet(4);
  stage = await Stage.open();
});
after(() => stage.close());

const names = async (visit) => (await visit.list()).map(({ name }) => name);

/** A visit with images that are done. */
async function opened(count) {
  const visit = await stage.page();
  await visit.drop(set.images.slice(0, count));
  await visit.finished(new RegExp(`^${count} images? done`));
  return visit;
}

const undo = (visit) => visit.page.locator("#notice-list").getByRole("button", { name: /^Undo/ });

/** Deletes a nucleus of the selected image by the keyboard. */
async function deleteNucleus(visit) {
  const count = await visit.page.locator("#viewer-details").textContent();
  await visit.page.locator("#surface").focus();
  await visit.page.keyboard.press("]");
  await visit.page.keyboard.press("Delete");
  await visit.page.waitForFunction((words) => document.querySelector("#viewer-details").textContent !== words, count);
}

describe("removing", () => {
  test("all images can be undone: nuclei, corrections and selection come back", async () => {
    const visit = await opened(3);
    const { page } = visit;
    await visit.rows.nth(1).click();
    await deleteNucleus(visit);
    const [csv, list] = [await visit.csv(), await visit.list()];
    await page.getByRole("button", { name: "Remove all" }).click();
    assert.equal(await visit.rows.count(), 0);
    assert.match(
      await page.locator("#notice-list").textContent(),
      /3 images removed, with their nuclei and corrections/,
    );
    await visit.picture("removed");
    await undo(visit).click();
    await visit.finished(/^3 images done/);
    assert.deepEqual(await visit.list(), list);
    assert.equal(await visit.csv(), csv);
    assert.equal(await page.locator("#viewer-title").textContent(), list[1].name);
    assert.equal(await page.locator("#notices").isVisible(), false);
    await page.locator("#edit-undo:enabled").click();
    await page.waitForFunction((count) => document.querySelectorAll(".count")[1].textContent !== count, list[1].count);
    await visit.leave();
  });

  test("one image after the other can be undone, each in its place", async () => {
    const visit = await opened(4);
    const { page } = visit;
    const [csv, all] = [await visit.csv(), await names(visit)];
    await visit.rows.nth(1).click();
    await page.getByRole("button", { name: "Remove", exact: true }).click();
    assert.deepEqual(await names(visit), [all[0], all[2], all[3]]);
    assert.equal(await page.locator("#viewer-title").textContent(), all[2], "the next one is selected");
    assert.equal((await visit.done()).size, 3);
    assert.doesNotMatch(await visit.csv(), new RegExp(set.ids[1]));
    await page.locator("#images").focus();
    await page.keyboard.press("End");
    await page.keyboard.press("Delete");
    await page.keyboard.press("Home");
    await page.keyboard.press("Delete");
    assert.deepEqual(await names(visit), [all[2]]);
    assert.match(await page.locator("#notice-list").textContent(), /3 images removed/);
    assert.equal(await undo(visit).count(), 1, "one notice for all of them");
    await visit.picture("removed-one-by-one");
    await undo(visit).click();
    await page.waitForFunction(() => document.querySelectorAll("[role=option]").length === 4);
    assert.deepEqual(await names(visit), all);
    assert.equal(await visit.csv(), csv);
    await visit.leave();
  });

  test("an image stays removed whatever is opened later, unless it is given again", async () => {
    const visit = await opened(2);
    const { page } = visit;
    await page.getByRole("button", { name: "Remove", exact: true }).click();
    await visit.drop(set.images.slice(2, 3));
    await visit.finished(/^2 images done/);
    assert.deepEqual(await names(visit), [set.images[1].name, set.images[2].name]);
    assert.equal(await undo(visit).count(), 0);
    await visit.drop(set.images.slice(0, 1));
    await visit.finished(/^3 images done/);
    await visit.leave();
  });

  test("an image that is being worked on stops its work, and the others go on", async () => {
    // The network falls silent, so that the first image stays in work until it is removed.
    const visit = await stage.page({ query: "?workers=1", ...faulty({ segmenter_infer: "silence" }) });
    const { page } = visit;
    await visit.drop(set.images);
    await page.locator('[role=option][data-state="working"]').first().waitFor();
    await page.waitForTimeout(3000);
    await setFaults(page, {});
    await page.getByRole("button", { name: "Remove", exact: true }).click();
    await visit.finished(/^3 images done/);
    await undo(visit).click();
    await page.getByRole("button", { name: "Continue" }).click();
    await visit.finished(/^4 images done/);
    await visit.leave();
  });

  test("the last image leaves the page as it was at first", async () => {
    const visit = await opened(1);
    const { page } = visit;
    await page.locator("#images").focus();
    await page.keyboard.press("Delete");
    assert.equal(await page.locator("#workspace").isVisible(), false);
    assert.equal(await visit.download.isDisabled(), true);
    assert.equal(await page.evaluate(() => document.activeElement.id), "choose-images");
    await undo(visit).click();
    await page.locator("#workspace").waitFor();
    assert.equal((await visit.done()).size, 1);
    await visit.leave();
  });
});

describe("leaving the page", () => {
  /** Whether the browser would ask. */
  const asks = ({ page }) =>
    page.evaluate(() => {
      const leaving = new Event("beforeunload", { cancelable: true });
      window.dispatchEvent(leaving);
      return leaving.defaultPrevented;
    });

  test("is asked about as long as there are results that were not saved", async () => {
    const visit = await stage.page();
    const { page } = visit;
    assert.equal(await asks(visit), false, "nothing to lose");
    await visit.drop(set.images.slice(0, 2));
    await visit.finished(/^2 images done/);
    assert.equal(await asks(visit), true);
    await visit.csv();
    assert.equal(await asks(visit), false, "saved as CSV");
    await deleteNucleus(visit);
    assert.equal(await asks(visit), true, "edited afterwards");
    await page.locator("#export > summary").click();
    await page.locator("input[name=scope][value=selected]").check();
    await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save as ZIP" }).click()]);
    await page.getByText(/^Saved \d+ files?/).waitFor();
    assert.equal(await asks(visit), false, "the edited one is saved again");
    await page.keyboard.press("Escape");
    await page.locator("#tune-minimumArea").evaluate((input) => {
      input.value = "200";
      for (const type of ["input", "change"]) input.dispatchEvent(new Event(type, { bubbles: true }));
    });
    await page.waitForFunction(() => document.querySelector("#download").disabled === false);
    assert.equal(await asks(visit), true, "other settings");
    await page.getByRole("button", { name: "Remove all" }).click();
    assert.equal(await asks(visit), false, "nothing is left");
    await visit.leave();
  });

  test("is asked about by the browser itself", async () => {
    const visit = await opened(1);
    const { page } = visit;
    await visit.rows.first().click();
    const asked = page.waitForEvent("dialog");
    const closing = page.close({ runBeforeUnload: true });
    const dialog = await asked;
    assert.equal(dialog.type(), "beforeunload");
    await dialog.dismiss();
    await closing;
    assert.equal(await visit.rows.count(), 1, "staying keeps everything");
    await visit.leave();
  });
});
