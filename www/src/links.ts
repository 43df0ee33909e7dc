import { trusted } from "../../packages/nucleoscope/src/engine/trusted.ts";
import * as text from "../../packages/nucleoscope/src/text.ts";
import { sourceOf } from "./embedded-assets.ts";
import { languageAddresses } from "./language.ts";

/** Adds the links of the page to the footer and the list of keys: guide, single file, other languages. */
export function addLinks(element: Element): void {
  const guide = sourceOf("guide.html");
  for (const slot of ["help", "footer"]) {
    const link = linkTo("guide.html", text.guide, slot);
    link.target = "_blank";
    if (typeof guide === "function") {
      link.addEventListener("click", (event) => {
        event.preventDefault();
        void openGuide(guide);
      });
    }
    element.append(link);
  }
  if (typeof guide !== "function") {
    const file = linkTo("nucleoscope.html", text.savePage, "footer");
    file.download = "";
    element.append(file);
  }
  for (const { code, href } of languageAddresses()) {
    if (code === text.language) continue;
    const link = linkTo(href, new Intl.DisplayNames(code, { type: "language" }).of(code) ?? code, "footer");
    link.lang = code;
    link.hreflang = code;
    element.append(link);
  }
}

function linkTo(href: string, words: string, slot: string): HTMLAnchorElement {
  const link = document.createElement("a");
  link.href = href;
  link.textContent = words;
  link.slot = slot;
  return link;
}

/** Opens the guide that is inside the single-file page. */
async function openGuide(guide: () => Promise<Response>): Promise<void> {
  const page = open("")?.document;
  const response = await guide();
  page?.write(trusted().createHTML(await response.text()));
  page?.close();
  // Links to other parts of the guide would lead to the address of this page.
  page?.addEventListener("click", (event) => {
    const link = (event.target as Element).closest("a[href^='#']");
    if (link === null) return;
    event.preventDefault();
    page.getElementById(link.getAttribute("href")?.slice(1) ?? "")?.scrollIntoView();
  });
}
