/** A key that does something wherever the focus is in the element. */
export interface Shortcut {
  /** As in `KeyboardEvent.key`, lower case. */
  readonly key: string;
  readonly run: () => void;
}

/** Runs shortcuts while the focus is in a tree, except while text is typed or another key is held. */
export function followShortcuts(tree: Node, shortcuts: readonly Shortcut[], signal: AbortSignal): void {
  tree.addEventListener(
    "keydown",
    (event) => {
      if (!(event instanceof KeyboardEvent) || event.defaultPrevented || event.repeat || isTyping(event.target)) return;
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      // A link that was put into a dialog from outside has no ancestor in it.
      if (event.composedPath().some((one) => one instanceof HTMLDialogElement)) return;
      const shortcut = shortcuts.find(({ key }) => key === event.key.toLowerCase());
      if (shortcut === undefined) return;
      event.preventDefault();
      shortcut.run();
    },
    { signal },
  );
}

const withoutText = ["checkbox", "radio", "range", "button"];

/** Whether keys pressed in an element are text, or choose from a list; the keys in a dialog are its own. */
export function isTyping(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement) return !withoutText.includes(target.type);
  return target instanceof Element && target.closest("select, textarea, dialog, [contenteditable]") !== null;
}
