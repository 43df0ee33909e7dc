/** Takes the picture of the page for the README: `npm run screenshot`. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildAll, dist } from "./build.mjs";
import { chromium as findChromium } from "./chromium.mjs";
import { commandLine } from "./command-line.mjs";
import { serve } from "./serve.mjs";
import { main, root, step, StepFailed } from "./step.mjs";

const picture = join(root, "docs", "screenshot.png");
const maximumBytes = 400_000;

await main(async () => {
  await buildAll();
  const browserPath = await findChromium();
  const program = await commandLine();
  const { chromium } = await import("playwright-core");
  await step("Screenshot", async () => {
    const folder = mkdtempSync(join(tmpdir(), "nucleoscope-"));
    const examples = join(folder, "examples");
    execFileSync(program, ["example", examples, "--count", "8", "--side", "384", "--nuclei", "60"], { stdio: "inherit" });
    const { server, address } = await serve(dist, 0);
    const browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] });
    try {
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme: "light" });
      await page.goto(address);
      const [chooser] = await Promise.all([
        page.waitForEvent("filechooser"),
        page.getByRole("button", { name: "Choose folder" }).click(),
      ]);
      await chooser.setFiles(examples);
      await page.locator("#score").waitFor({ timeout: 120_000 });
      await page.getByRole("option").nth(2).click();
      // The picture of the selected image comes from a worker.
      await page.waitForTimeout(1000);
      mkdirSync(join(root, "docs"), { recursive: true });
      await page.screenshot({ path: picture });
    } finally {
      await browser.close();
      server.close();
      rmSync(folder, { recursive: true, force: true });
    }
    const { size } = statSync(picture);
    console.log(`${picture} (${Math.round(size / 1000)} kB)`);
    if (size > maximumBytes) throw new StepFailed(`The picture has more than ${maximumBytes / 1000} kB.`);
  });
});
