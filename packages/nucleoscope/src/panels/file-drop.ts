import { byId } from "../ui/dom.ts";
import { gatherItems, gatherPicked, type Gathered } from "../session/gather.ts";

/** Receives files from the file choosers, from a drop anywhere on the page, and from a paste. */
export class FileDrop {
  readonly #onFiles: (gathered: Promise<Gathered>) => void;
  #pasted = 0;

  /** `onFiles` is called at once, before the files of a dropped folder are known. */
  constructor(onFiles: (gathered: Promise<Gathered>) => void) {
    this.#onFiles = onFiles;
    this.#followChooser("choose-images", "image-chooser");
    this.#followChooser("choose-folder", "folder-chooser");
    this.#followDrops();
    document.addEventListener("paste", (event) => this.#paste(event));
  }

  #followChooser(buttonId: string, inputId: string): void {
    const input = byId(inputId, HTMLInputElement);
    byId(buttonId, HTMLButtonElement).addEventListener("click", () => input.click());
    input.addEventListener("change", () => {
      const gathered = gatherPicked(input.files ?? []);
      // Emptied, so that choosing the same files again triggers another event.
      input.value = "";
      if (gathered.files.length > 0) this.#onFiles(Promise.resolve(gathered));
    });
  }

  #followDrops(): void {
    const { classList } = document.documentElement;
    // A child is entered before its parent is left, so the depth shows when the pointer leaves the page.
    let depth = 0;
    const carriesFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") === true;
    document.addEventListener("dragenter", (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      depth++;
      classList.add("dropping");
    });
    document.addEventListener("dragover", (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      if (event.dataTransfer !== null) event.dataTransfer.dropEffect = "copy";
    });
    document.addEventListener("dragleave", () => {
      depth = Math.max(0, depth - 1);
      if (depth === 0) classList.remove("dropping");
    });
    document.addEventListener("drop", (event) => {
      depth = 0;
      classList.remove("dropping");
      if (!carriesFiles(event) || event.dataTransfer === null) return;
      event.preventDefault();
      this.#onFiles(gatherItems(event.dataTransfer.items));
    });
  }

  #paste(event: ClipboardEvent): void {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0) return;
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
