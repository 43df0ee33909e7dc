/** The browser in which the tests run: Chromium, or the one that `npm run e2e -- --browser NAME` names. */
import { fileURLToPath } from "node:url";
import { chromium, firefox } from "playwright-core";
import { chromium as findChromium, firefox as findFirefox } from "../../../tools/browsers.mjs";

export const browserName = process.env.E2E_BROWSER ?? "chromium";

/** For the option `skip` of a test: the reason why it runs only in Chromium, or false. */
export const onlyInChromium = (reason) => (browserName === "chromium" ? false : reason);

/** Reasons for {@link onlyInChromium}. */
export const reasons = {
  folders: "only the DevTools protocol chooses and drops folders",
  installation: "only Chromium tells whether a page can be installed",
  media: "this Firefox cannot be told which colours or motion to prefer",
  metrics: "only the DevTools protocol counts layouts",
  touch: "only the DevTools protocol sends several touches",
};

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
