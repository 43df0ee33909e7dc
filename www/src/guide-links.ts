import { sourceOf } from "./embedded-assets.ts";

const name = "guide.html";

/** Lets the links to the guide open the one inside the single-file page; beside the served page, they work as they are. */
export function followGuideLinks(): void {
  const guide = sourceOf(name);
  if (typeof guide !== "function") return;
  for (const link of document.querySelectorAll(`a[href="${name}"]`)) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      void openGuide(guide);
    });
  }
}

async function openGuide(guide: () => Promise<Response>): Promise<void> {
  const page = open("")?.document;
  const response = await guide();
  page?.write(await response.text());
  page?.close();
  // Links to other parts of the guide would lead to the address of this page.
  page?.addEventListener("click", (event) => {
    const link = (event.target as Element).closest("a[href^='#']");
    if (link === null) return;
    event.preventDefault();
    page.getElementById(link.getAttribute("href")?.slice(1) ?? "")?.scrollIntoView();
  });
}
