/**
 * Takes the pictures of the page and of the score sheets for the documentation, and draws the icons of the installed
 * page: `npm run screenshot`.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium as findChromium } from "./browsers.mjs";
import { buildAll, dist } from "./build.mjs";
import { commandLine } from "./command-line.mjs";
import { serve } from "./serve.mjs";
import { main, root, step, StepFailed } from "./step.mjs";

const documents = join(root, "docs");
const maximumBytes = 600_000;

/** Score sheets of synthetic images: without and with overlapping nuclei. */
const sheets = [
  { name: "score-sheet.jpg", options: ["--nuclei", "60"] },
  { name: "score-sheet-overlapping.jpg", options: ["--nuclei", "70", "--overlap", "0.5"] },
];

/** The icons of the installed page; the whole area of one that may be cut to a shape is filled, and its middle has the logo. */
const icons = [
  { name: "icon-192.png", side: 192, share: 1 },
  { name: "icon-512.png", side: 512, share: 1 },
  { name: "icon-maskable-512.png", side: 512, share: 0.8 },
];

/** Draws the icons from the logo. */
async function drawIcons(page) {
  const www = join(root, "www");
  const logo = readFileSync(join(www, "icon.svg"), "base64");
  const [, colour] = readFileSync(join(www, "icon.svg"), "utf8").match(/<rect[^>]*fill="([^"]*)"/);
  for (const { name, side, share } of icons) {
    const back = share < 1 ? `background: ${colour}` : "";
    const image = `width: ${100 * share}%; margin: ${(1 - share) * 50}%`;
    await page.setViewportSize({ width: side, height: side });
    await page.setContent(
      `<body style="margin: 0; ${back}"><img style="display: block; ${image}" src="data:image/svg+xml;base64,${logo}">`,
    );
    writeFileSync(join(www, name), await page.screenshot({ omitBackground: share === 1 }));
    console.log(`www/${name}`);
  }
}

/** Saves a picture in the documentation. */
function keep(name, bytes) {
  writeFileSync(join(documents, name), bytes);
  console.log(`docs/${name} (${Math.round(bytes.length / 1000)} kB)`);
  if (bytes.length > maximumBytes) throw new StepFailed(`The picture has more than ${maximumBytes / 1000} kB.`);
}

/** Saves a screenshot of the page, after its workers have drawn everything. */
async function keepState(page, name) {
  await page.waitForTimeout(1000);
  keep(name, await page.screenshot({ type: "jpeg", quality: 70 }));
}

await main(async () => {
  await buildAll({ quick: true });
  const browserPath = await findChromium();
  const program = await commandLine();
  const { chromium } = await import("playwright-core");
  await step("Pictures", async () => {
    const folder = mkdtempSync(join(tmpdir(), "nucleoscope-"));
    const examples = join(folder, "examples");
    execFileSync(program, ["example", examples, "--count", "8", "--side", "384", "--nuclei", "60"], {
      stdio: "inherit",
    });
    mkdirSync(documents, { recursive: true });
    const { server, address } = await serve(dist, 0);
    const browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] });
    try {
      const page = await browser.newPage({ viewport: { width: 1280, height: 720 }, colorScheme: "light" });
      await page.goto(address);
      await page.locator("#model:not(:empty)").waitFor({ state: "attached", timeout: 120_000 });
      await keepState(page, "page-empty.jpg");
      const [chooser] = await Promise.all([
        page.waitForEvent("filechooser"),
        page.getByRole("button", { name: "Choose folder" }).click(),
      ]);
      await chooser.setFiles(examples);
      await page.locator("#score").waitFor({ timeout: 120_000 });
      await page.getByRole("listbox", { name: "Images" }).getByRole("option").nth(2).click();
      // The picture of the selected image comes from a worker.
      await page.waitForTimeout(1000);
      keep("screenshot.png", await page.screenshot());
      await page.locator("#layout").selectOption("both");
      await page.locator("#overlay-style").selectOption("numbers");
      await keepState(page, "page-probability.jpg");
      await page.locator("#layout").selectOption("image");
      await page.locator("#overlay-style").selectOption("outlines");
      await page.locator("#surface").focus();
      await page.keyboard.press("]");
      await page.locator("#results").scrollIntoViewIfNeeded();
      await keepState(page, "page-measurements.jpg");
      await page.getByRole("tab", { name: "Scatter plot" }).click();
      await keepState(page, "page-scatter.jpg");
      await page.locator("#export > summary").click();
      await keepState(page, "page-export.jpg");
      await page.keyboard.press("Escape");
      await page.getByRole("tab", { name: "Table" }).click();
      await page.setViewportSize({ width: 1920, height: 1080 });
      await keepState(page, "page-large.jpg");
      await page.setViewportSize({ width: 390, height: 844 });
      await keepState(page, "page-phone.jpg");
      await page.locator(".sheet-tabs").getByRole("button", { name: "Adjust" }).click();
      await page.getByRole("button", { name: "About Splitting" }).click();
      await keepState(page, "page-phone-adjust.jpg");
      for (const { name, options } of sheets) {
        const fields = join(folder, name);
        execFileSync(program, ["example", fields, "--count", "9", "--side", "160", ...options], { stdio: "inherit" });
        const sheet = join(folder, "sheet.svg");
        execFileSync(program, ["evaluate", fields, "--sheet", sheet], { stdio: "inherit" });
        await page.setViewportSize({ width: 860, height: 900 });
        await page.goto(pathToFileURL(sheet).href);
        keep(name, await page.screenshot({ type: "jpeg", quality: 85 }));
      }
      // A new page: the last one still has the policy of its address.
      await drawIcons(await browser.newPage());
    } finally {
      await browser.close();
      server.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
