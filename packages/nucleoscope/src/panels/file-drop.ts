import { gatherItems, gatherPicked, type Gathered } from "../session/gather.ts";
import { byId, type Root } from "../ui/dom.ts";

/** Elements that take files, in the order in which they were connected. */
const connected = new Set<Element>();

/** Receives files from the file choosers, from a drop on the element, and from a paste. */
export class FileDrop {
  readonly #host: Element;
  readonly #onFiles: (gathered: Promise<Gathered>) => void;
  #pasted = 0;

  /** `onFiles` is called at once, before the files of a dropped folder are known. Ends when `signal` is aborted. */
  constructor(root: Root, onFiles: (gathered: Promise<Gathered>) => void, signal: AbortSignal) {
    this.#host = root.host;
    this.#onFiles = onFiles;
    this.#followChooser(root, "choose-images", "image-chooser");
    this.#followChooser(root, "choose-folder", "folder-chooser");
    this.#followChooser(root, "choose-model", "model-chooser");
    this.#followDrops(byId(root, "page", HTMLElement).classList, signal);
    connected.add(this.#host);
    signal.addEventListener("abort", () => connected.delete(this.#host));
    document.addEventListener("paste", (event) => this.#paste(event), { signal });
  }

  #followChooser(root: Root, buttonId: string, inputId: string): void {
    const input = byId(root, inputId, HTMLInputElement);
    byId(root, buttonId, HTMLButtonElement).addEventListener("click", () => input.click());
    input.addEventListener("change", () => {
      const gathered = gatherPicked(input.files ?? []);
      // Emptied, so that choosing the same files again triggers another event.
      input.value = "";
      if (gathered.files.length > 0) this.#onFiles(Promise.resolve(gathered));
    });
  }

  #followDrops(classList: DOMTokenList, signal: AbortSignal): void {
    // A child is entered before its parent is left, so the depth shows when the pointer leaves the element.
    let depth = 0;
    const follow = (type: "dragenter" | "dragover" | "dragleave" | "drop", act: (event: DragEvent) => void): void => {
      this.#host.addEventListener(type, (event) => act(event as DragEvent), { signal });
    };
    const carriesFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") === true;
    follow("dragenter", (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      depth++;
      classList.add("dropping");
    });
    follow("dragover", (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      if (event.dataTransfer !== null) event.dataTransfer.dropEffect = "copy";
    });
    follow("dragleave", () => {
      depth = Math.max(0, depth - 1);
      if (depth === 0) classList.remove("dropping");
    });
    follow("drop", (event) => {
      depth = 0;
      classList.remove("dropping");
      if (!carriesFiles(event) || event.dataTransfer === null) return;
      event.preventDefault();
      this.#onFiles(gatherItems(event.dataTransfer.items));
    });
  }

  /** Whether a paste is meant for this element: it has the focus, or nothing has and it is the first on the page. */
  #isFor(event: ClipboardEvent): boolean {
    if (event.composedPath().includes(this.#host)) return true;
    const isUnfocused = document.activeElement === null || document.activeElement === document.body;
    return isUnfocused && connected.values().next().value === this.#host;
  }

  #paste(event: ClipboardEvent): void {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0 || !this.#isFor(event)) return;
    event.preventDefault();
    const named = files.map((file) => {
      // A copied picture has no name: browsers call all of them "image.png".
      if (file.name !== "image.png" && file.name !== "") return file;
      const extension = file.type.split("/")[1] ?? "png";
      return new File([file], `pasted-${++this.#pasted}.${extension}`, { type: file.type });
    });
    this.#onFiles(Promise.resolve(gatherPicked(named)));
  }
}
