import { countOf, countWords, type BatchImage } from "../session/batch.ts";
import { byId, make, setText, type Root } from "../ui/dom.ts";
import { explanation } from "../format.ts";
import { plain } from "../plain-text.ts";
import * as text from "../text.ts";
import type { Paced } from "../ui/paced.ts";

/** How many rows are created or updated in one frame. */
const rowsPerFrame = 60;

/** How the list can be sorted. */
export type ListOrder = "added" | "name" | "nuclei" | "state";

/** What needs attention comes first. */
const stateOrder = ["failed", "cancelled", "working", "waiting", "done"] as const;

/** The images whose name or path contains every word of `search`, in an order. */
export function arranged(images: readonly BatchImage[], search: string, order: ListOrder): readonly BatchImage[] {
  const words = search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  const found = images.filter(({ name, path }) => {
    const searched = `${name} ${path}`.toLowerCase();
    return words.every((word) => searched.includes(word));
  });
  switch (order) {
    case "added":
      return found;
    case "name":
      return found.sort((left, right) => text.collator.compare(left.name, right.name));
    case "nuclei":
      return found.sort((left, right) => (countOf(right) ?? -1) - (countOf(left) ?? -1));
    case "state":
      return found.sort((left, right) => stateOrder.indexOf(left.state.kind) - stateOrder.indexOf(right.state.kind));
  }
}

interface Row {
  readonly element: HTMLElement;
  readonly picture: HTMLImageElement;
  readonly name: HTMLElement;
  /** The size in pixels and, with ground truth, the score. */
  readonly facts: HTMLElement;
  readonly count: HTMLElement;
  readonly state: HTMLElement;
  /** Whether it is edited, has its own settings, or is outdated. */
  readonly marks: HTMLElement;
  readonly reason: HTMLElement;
}

/** The list of images, one of which is selected. */
export class ImageList {
  readonly #list: HTMLElement;
  readonly #search: HTMLInputElement;
  readonly #order: HTMLSelectElement;
  /** How many images the search finds. */
  readonly #found: HTMLElement;
  readonly #onSelect: (image: BatchImage | null) => void;
  #all: readonly BatchImage[] = [];
  /** The images that are shown, in this order. */
  #images: readonly BatchImage[] = [];
  readonly #positions = new Map<BatchImage, number>();
  readonly #rows = new Map<BatchImage, Row>();
  /** Images whose row is missing or out of date. */
  readonly #stale = new Set<BatchImage>();
  /** The last index in the list that has a row. */
  #lastRow = -1;
  #selected: BatchImage | null = null;
  readonly #paced: Paced;

  /** `paced` calls {@link ImageList.flush}. */
  constructor(root: Root, paced: Paced, onSelect: (image: BatchImage | null) => void) {
    this.#paced = paced;
    const list = byId(root, "images", HTMLElement);
    this.#list = list;
    this.#search = byId(root, "list-search", HTMLInputElement);
    this.#order = byId(root, "list-order", HTMLSelectElement);
    this.#found = byId(root, "list-found", HTMLElement);
    this.#onSelect = onSelect;
    for (const field of [this.#search, this.#order]) {
      field.addEventListener("input", () => {
        this.#arrange();
        this.#markSelected();
      });
    }
    list.addEventListener("keydown", (event) => this.#followKey(event));
    list.addEventListener("click", (event) => {
      const row = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-index]") : null;
      if (row !== null) this.select(this.#images[Number(row.dataset["index"])] ?? null);
    });
  }

  /** Shows an image's new state soon, unless it was removed. */
  refresh(image: BatchImage): void {
    if (!this.#positions.has(image)) return;
    this.#stale.add(image);
    this.#paced.soon();
  }

  /** Shows every new state from the next frame on. */
  hurry(): void {
    if (this.#stale.size > 0) this.#paced.now();
  }

  /** Selects an image and scrolls to it. */
  select(image: BatchImage | null): void {
    if (this.#selected === image) return;
    const before = this.#selected === null ? undefined : this.#rows.get(this.#selected);
    before?.element.setAttribute("aria-selected", "false");
    this.#selected = image;
    this.#markSelected();
    this.#onSelect(image);
  }

  /** Shows these images, one of them selected; existing rows are reused. */
  show(images: readonly BatchImage[], selected: BatchImage | null): void {
    this.#all = images;
    this.#arrange();
    this.select(selected);
    this.#markSelected();
  }

  /** Shows the images in the chosen order again, after what it depends on has changed. */
  arrange(): void {
    if (this.#order.value !== "added") this.#arrange();
  }

  /** Shows the images that the search finds, in the chosen order. */
  #arrange(): void {
    const shown = arranged(this.#all, this.#search.value, this.#order.value as ListOrder);
    this.#images = shown;
    this.#positions.clear();
    this.#lastRow = -1;
    let isMoved = false;
    for (const [index, image] of shown.entries()) {
      this.#positions.set(image, index);
      const row = this.#rows.get(image);
      if (row === undefined) {
        this.refresh(image);
        continue;
      }
      isMoved ||= row.element.dataset["index"] !== String(index);
      setPlace(row.element, index);
      this.#lastRow = index;
    }
    for (const [image, { element }] of this.#rows) {
      if (this.#positions.has(image)) continue;
      element.remove();
      this.#rows.delete(image);
      this.#stale.delete(image);
    }
    if (isMoved) this.#list.append(...shown.flatMap((image) => this.#rows.get(image)?.element ?? []));
    if (shown.length === 0) this.#list.removeAttribute("aria-activedescendant");
    setText(this.#found, shown.length === this.#all.length ? "" : text.imagesShown(shown.length, this.#all.length));
  }

  #markSelected(): void {
    const row = this.#selected === null ? undefined : this.#rows.get(this.#selected);
    if (row === undefined) return;
    row.element.setAttribute("aria-selected", "true");
    this.#list.setAttribute("aria-activedescendant", row.element.id);
    this.#scrollTo(row.element);
  }

  /** Scrolls the list only, not the page. */
  #scrollTo({ offsetTop, offsetHeight }: HTMLElement): void {
    const list = this.#list;
    if (offsetTop < list.scrollTop) list.scrollTop = offsetTop;
    else if (offsetTop + offsetHeight > list.scrollTop + list.clientHeight) {
      list.scrollTop = offsetTop + offsetHeight - list.clientHeight;
    }
  }

  #followKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const here = this.#selected === null ? -1 : (this.#positions.get(this.#selected) ?? -1);
    const last = this.#images.length - 1;
    const targets: Record<string, number> = {
      ArrowDown: here + 1,
      ArrowUp: here - 1,
      PageDown: here + 10,
      PageUp: here - 10,
      Home: 0,
      End: last,
    };
    const target = targets[event.key];
    if (target === undefined || last < 0) return;
    event.preventDefault();
    this.select(this.#images[Math.min(Math.max(target, 0), last)] ?? null);
  }

  /** The first existing row after an index. */
  #rowAfter(index: number): HTMLElement | null {
    for (let after = index + 1; after < this.#images.length; after++) {
      const image = this.#images[after];
      const row = image === undefined ? undefined : this.#rows.get(image);
      if (row !== undefined) return row.element;
    }
    return null;
  }

  /** Updates a long list over several frames, so that the page stays responsive. */
  flush(): void {
    let budget = rowsPerFrame;
    const fresh = document.createDocumentFragment();
    for (const image of this.#stale) {
      if (budget-- === 0) break;
      this.#stale.delete(image);
      let row = this.#rows.get(image);
      if (row === undefined) {
        const index = this.#positions.get(image) ?? 0;
        // Rows are created in the order of the list, except those of restored images.
        const next = index > this.#lastRow ? null : this.#rowAfter(index);
        this.#lastRow = Math.max(this.#lastRow, index);
        row = makeRow(image, index);
        this.#rows.set(image, row);
        if (next === null) fresh.append(row.element);
        else next.before(row.element);
      }
      fill(row, image);
    }
    this.#list.append(fresh);
    const row = this.#selected === null ? undefined : this.#rows.get(this.#selected);
    if (row !== undefined && row.element.getAttribute("aria-selected") !== "true") this.#markSelected();
    this.hurry();
  }
}

/** Sets a row's index in the list. */
function setPlace(element: HTMLElement, index: number): void {
  element.id = `image-${index}`;
  element.dataset["index"] = String(index);
}

function makeRow(image: BatchImage, index: number): Row {
  const element = make("li", "row");
  setPlace(element, index);
  element.setAttribute("role", "option");
  element.setAttribute("aria-selected", "false");
  const picture = make("img", "thumbnail");
  picture.alt = "";
  const name = make("bdi", "name", image.name);
  name.title = plain(image.path);
  const row = {
    element,
    picture,
    name,
    facts: make("span", "facts"),
    count: make("span", "count"),
    state: make("span", "state"),
    marks: make("span", "marks"),
    reason: make("span", "reason"),
  };
  // The spaces separate the words for screen readers and when they are copied.
  element.append(picture, name, " ", row.facts, " ", row.count, " ", row.state, " ", row.marks, " ", row.reason);
  return row;
}

function fill(row: Row, image: BatchImage): void {
  const { state, thumbnail } = image;
  setText(row.name, image.name);
  setText(row.facts, factsOf(image));
  setText(row.count, countWords(image));
  const part = state.kind === "working" && state.fraction > 0 ? ` ${Math.floor(state.fraction * 100)} %` : "";
  setText(row.state, text.imageStates[state.kind] + part);
  row.element.dataset["state"] = state.kind;
  setText(row.marks, marksOf(image));
  setText(row.reason, reasonOf(image));
  if (thumbnail !== null && row.picture.getAttribute("src") !== thumbnail.address) row.picture.src = thumbnail.address;
}

function factsOf({ state, thumbnail, ignoredInScoring }: BatchImage): string {
  const size = state.kind === "done" ? state.result : thumbnail;
  if (size === null) return "";
  const parts = [`${text.number(size.width)} × ${text.number(size.height)} px`];
  if (state.kind === "done" && state.result.score !== null) {
    parts.push(text.scoreOfImage(state.result.score.score));
    if (ignoredInScoring) parts.push(text.isIgnored);
  }
  return parts.join(" · ");
}

/** What sets an image apart from the others, as text. */
function marksOf({ edits, tuning, regions, selection }: BatchImage): string {
  const marks = [
    edits.steps.length > 0 ? text.corrected : "",
    tuning === null ? "" : text.ownSettings,
    regions.length > 0 ? text.imageRegions(regions.length) : "",
    typeof selection.channel === "number" ? text.imageChannel(selection.channel + 1) : "",
  ];
  return marks.filter((mark) => mark !== "").join(" · ");
}

function reasonOf({ state }: BatchImage): string {
  if (state.kind === "failed") return explanation(state.error);
  if (state.kind !== "done") return "";
  const { truthError, stack } = state.result;
  const score = truthError === null ? [] : [text.noScore(explanation(truthError))];
  return [...score, ...stack.warnings.map((warning) => text.fileWarning(explanation(warning)))].join(" ");
}
