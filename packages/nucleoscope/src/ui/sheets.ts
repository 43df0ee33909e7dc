import * as text from "../text.ts";
import { byId, type Root } from "./dom.ts";

/** How far a sheet is dragged down until it closes, in CSS pixels. */
const closingDrag = 40;

/**
 * On a narrow screen, shows panels as sheets over the lower part of the picture, one at a time, opened by a bar of tabs.
 * What is narrow, and what belongs to a sheet, is in the style sheet.
 */
export function followSheets(root: Root): void {
  const page = byId(root, "page", HTMLElement);
  const head = byId(root, "sheet-head", HTMLElement);
  const close = byId(root, "sheet-close", HTMLButtonElement);
  const tabs = root.querySelectorAll<HTMLButtonElement>(".sheet-tabs > button");
  let opened: HTMLButtonElement | null = null;
  const open = (tab: HTMLButtonElement | null): void => {
    opened = tab;
    page.dataset["sheet"] = tab?.value ?? "";
    for (const one of tabs) one.setAttribute("aria-expanded", String(one === tab));
    if (tab === null) return;
    close.setAttribute("aria-label", text.closePanel(tab.textContent));
    close.focus();
  };
  const closeToTab = (): void => {
    const tab = opened;
    open(null);
    tab?.focus();
  };
  for (const tab of tabs) tab.addEventListener("click", () => open(tab === opened ? null : tab));
  close.addEventListener("click", closeToTab);
  page.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && opened !== null) closeToTab();
  });
  byId(root, "surface", HTMLElement).addEventListener("pointerdown", () => open(null));
  head.addEventListener("pointerdown", ({ target, pointerId, clientY: start }) => {
    if (target === close) return;
    head.setPointerCapture(pointerId);
    const follow = ({ clientY }: PointerEvent): void => {
      if (clientY - start >= closingDrag && opened !== null) closeToTab();
    };
    head.addEventListener("pointermove", follow);
    head.addEventListener("lostpointercapture", () => head.removeEventListener("pointermove", follow), { once: true });
  });
}
