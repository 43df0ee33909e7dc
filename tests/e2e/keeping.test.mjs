/** Results and corrections are never lost without a warning. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { faulty, setFaults } from "./faults.mjs";
import { exampleSet, Fixture } from "./harness.mjs";

let fixture;
let set;

before(async () => {
  set = exampleSet(4);
  fixture = await Fixture.open();
});
after(() => fixture.close());

const names = async (session) => (await session.list()).map(({ name }) => name);

/** A session with finished images. */
async function opened(count) {
  const session = await fixture.page();
  await session.drop(set.images.slice(0, count));
  await session.finished(new RegExp(`^${count} images? done`));
  return session;
}

const undo = (session) => session.page.locator("#message-list").getByRole("button", { name: /^Undo/ });

/** Deletes a nucleus of the selected image with the keyboard. */
async function deleteNucleus(session) {
  const count = await session.page.locator("#viewer-details").textContent();
  await session.page.locator("#surface").focus();
  await session.page.keyboard.press("]");
  await session.page.keyboard.press("Delete");
  await session.page.waitForFunction((words) => part("#viewer-details").textContent !== words, count);
}

describe("removing", () => {
  test("all images can be undone: nuclei, corrections and selection are restored", async () => {
    const session = await opened(3);
    const { page } = session;
    await session.rows.nth(1).click();
    await deleteNucleus(session);
    const [csv, list] = [await session.csv(), await session.list()];
    await page.getByRole("button", { name: "Remove all" }).click();
    assert.equal(await session.rows.count(), 0);
    assert.match(
      await page.locator("#message-list").textContent(),
      /3 images removed, with their nuclei and corrections/,
    );
    await session.picture("removed");
    await undo(session).click();
    await session.finished(/^3 images done/);
    assert.deepEqual(await session.list(), list);
    assert.equal(await session.csv(), csv);
    assert.equal(await page.locator("#viewer-title").textContent(), list[1].name);
    assert.equal(await page.locator("#messages").isVisible(), false);
    await page.locator("#edit-undo:enabled").click();
    await page.waitForFunction((count) => parts(".count")[1].textContent !== count, list[1].count);
    await session.leave();
  });

  test("images one after the other can be undone, each in its position", async () => {
    const session = await opened(4);
    const { page } = session;
    const [csv, all] = [await session.csv(), await names(session)];
    await session.rows.nth(1).click();
    await page.getByRole("button", { name: "Remove", exact: true }).click();
    assert.deepEqual(await names(session), [all[0], all[2], all[3]]);
    assert.equal(await page.locator("#viewer-title").textContent(), all[2], "the next one is selected");
    assert.equal((await session.done()).size, 3);
    assert.doesNotMatch(await session.csv(), new RegExp(set.ids[1]));
    await page.locator("#images").focus();
    await page.keyboard.press("End");
    await page.keyboard.press("Delete");
    await page.keyboard.press("Home");
    await page.keyboard.press("Delete");
    assert.deepEqual(await names(session), [all[2]]);
    assert.match(await page.locator("#message-list").textContent(), /3 images removed/);
    assert.equal(await undo(session).count(), 1, "one message for all of them");
    await session.picture("removed-one-by-one");
    await undo(session).click();
    await page.waitForFunction(() => parts("[role=option]").length === 4);
    assert.deepEqual(await names(session), all);
    assert.equal(await session.csv(), csv);
    await session.leave();
  });

  test("an image stays removed whatever is opened later, unless it is added again", async () => {
    const session = await opened(2);
    const { page } = session;
    await page.getByRole("button", { name: "Remove", exact: true }).click();
    await session.drop(set.images.slice(2, 3));
    await session.finished(/^2 images done/);
    assert.deepEqual(await names(session), [set.images[1].name, set.images[2].name]);
    assert.equal(await undo(session).count(), 0);
    await session.drop(set.images.slice(0, 1));
    await session.finished(/^3 images done/);
    await session.leave();
  });

  test("an image that is being segmented is cancelled, and the others continue", async () => {
    // The network stops answering, so that the first image is unfinished until it is removed.
    const session = await fixture.page({ query: "?workers=1", ...faulty({ segmenter_infer: "silence" }) });
    const { page } = session;
    await session.drop(set.images);
    await page.locator('[role=option][data-state="working"]').first().waitFor();
    await page.waitForTimeout(3000);
    await setFaults(page, {});
    await page.getByRole("button", { name: "Remove", exact: true }).click();
    await session.finished(/^3 images done/);
    await undo(session).click();
    await page.getByRole("button", { name: "Continue" }).click();
    await session.finished(/^4 images done/);
    await session.leave();
  });

  test("the last image leaves the page as it was initially", async () => {
    const session = await opened(1);
    const { page } = session;
    await page.locator("#images").focus();
    await page.keyboard.press("Delete");
    assert.equal(await page.locator("#workspace").isVisible(), false);
    assert.equal(await session.download.isDisabled(), true);
    assert.equal(await page.evaluate(() => shadow().activeElement.id), "choose-images");
    await undo(session).click();
    await page.locator("#workspace").waitFor();
    assert.equal((await session.done()).size, 1);
    await session.leave();
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

  test("needs a confirmation while there are unsaved results", async () => {
    const session = await fixture.page();
    const { page } = session;
    assert.equal(await asks(session), false, "nothing to lose");
    await session.drop(set.images.slice(0, 2));
    await session.finished(/^2 images done/);
    assert.equal(await asks(session), true);
    await session.csv();
    assert.equal(await asks(session), false, "saved as CSV");
    await deleteNucleus(session);
    assert.equal(await asks(session), true, "edited afterwards");
    await page.locator("#export > summary").click();
    await page.locator("input[name=scope][value=selected]").check();
    await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save as ZIP" }).click()]);
    await page.getByText(/^Saved \d+ files?/).waitFor();
    assert.equal(await asks(session), false, "the edited one is saved again");
    await page.keyboard.press("Escape");
    await page.locator("#tune-minimumArea").evaluate((input) => {
      input.value = "200";
      for (const type of ["input", "change"]) input.dispatchEvent(new Event(type, { bubbles: true }));
    });
    await page.waitForFunction(() => part("#download").disabled === false);
    assert.equal(await asks(session), true, "other settings");
    await page.getByRole("button", { name: "Remove all" }).click();
    assert.equal(await asks(session), false, "nothing unsaved is left");
    await session.leave();
  });

  test("is confirmed in a dialog of the browser", async () => {
    const session = await opened(1);
    const { page } = session;
    await session.rows.first().click();
    const asked = page.waitForEvent("dialog");
    const closing = page.close({ runBeforeUnload: true });
    const dialog = await asked;
    assert.equal(dialog.type(), "beforeunload");
    await dialog.dismiss();
    await closing;
    assert.equal(await session.rows.count(), 1, "staying keeps everything");
    await session.leave();
  });
});
