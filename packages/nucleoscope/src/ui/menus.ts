/** Closes a menu with Escape, which then has the focus again, and with a click anywhere else. */
export function followMenu(menu: HTMLDetailsElement): void {
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    event.stopPropagation();
    menu.open = false;
    menu.querySelector("summary")?.focus();
  });
  const closeOutside = (event: PointerEvent): void => {
    if (!event.composedPath().includes(menu)) menu.open = false;
  };
  // Only while it is open, so that nothing outside keeps a menu that is no longer used.
  menu.addEventListener("toggle", () => {
    if (menu.open) document.addEventListener("pointerdown", closeOutside);
    else document.removeEventListener("pointerdown", closeOutside);
  });
}
