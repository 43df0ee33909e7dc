/** The browser in which the tests run: Chromium, or the one that `npm run e2e -- --browser NAME` names. */
import { fileURLToPath } from "node:url";
import { chromium, firefox } from "playwright-core";
import { chromium as findChromium, firefox as findFirefox } from "../../../tools/browsers.mjs";

export const browserName = process.env.E2E_BROWSER ?? "chromium";

/** The content process of Firefox 153 crashes while axe checks the page in some states, such as with a stack. */
export const axeCrashes = browserName === "firefox";

/** For the option `skip` of a test: the reason why it runs only in Chromium, or false. */
export const onlyInChromium = (reason) => (browserName === "chromium" ? false : reason);

/** Reasons for {@link onlyInChromium}. */
export const reasons = {
  folders: "only the DevTools protocol chooses and drops folders",
  installation: "only Chromium tells whether a page can be installed",
  javaScript: "this Firefox cannot be told to switch off JavaScript",
  media: "this Firefox cannot be told which colours or motion to prefer",
  metrics: "only the DevTools protocol counts layouts",
  touch: "only the DevTools protocol sends several touches",
};

/**
 * Makes Playwright work with a page in Firefox: fields of text and numbers are filled with keys, because what Playwright
 * inserts is no change there, and nothing in a shadow root; and the style that it adds to the page for a screenshot is
 * no violation of the page's policy.
 */
export function adapt(page) {
  if (browserName === "chromium") return;
  const locators = Object.getPrototypeOf(page.locator("input"));
  if (locators.isAdapted) return;
  const { fill, screenshot } = locators;
  const pages = Object.getPrototypeOf(page);
  const { screenshot: screenshotOfPage } = pages;
  const forgiven = async (shown, take) => {
    const before = await shown.evaluate(() => globalThis.violations.length);
    const picture = await take();
    await shown.evaluate((length) => globalThis.violations.splice(length), before);
    return picture;
  };
  Object.assign(locators, {
    isAdapted: true,
    async fill(value, options) {
      const isTyped = await this.evaluate(({ type }) => ["text", "number", "search", "textarea"].includes(type));
      if (!isTyped) return fill.call(this, value, options);
      await this.focus(options);
      const { keyboard } = this.page();
      await keyboard.press("Control+a");
      await keyboard.press("Delete");
      return keyboard.type(value);
    },
    screenshot(options) {
      return forgiven(this.page(), () => screenshot.call(this, options));
    },
  });
  pages.screenshot = function (options) {
    return forgiven(this, () => screenshotOfPage.call(this, options));
  };
}

/** What the console of Firefox has after a screenshot. */
export const screenshotErrors = browserName === "chromium" ? [] : [/blocked an inline style \(style-src-elem\)/];

/** Starts the browser. */
export async function launch() {
  if (browserName === "chromium") {
    return chromium.launch({ executablePath: await findChromium(), args: ["--no-sandbox"] });
  }
  process.env.FIREFOX = await findFirefox();
  return firefox.launch({
    channel: "moz-firefox",
    executablePath: fileURLToPath(new URL("firefox.mjs", import.meta.url)),
    firefoxUserPrefs: { "dom.events.testing.asyncClipboard": true },
  });
}
