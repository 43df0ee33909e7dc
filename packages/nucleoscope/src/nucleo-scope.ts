/** The custom element `<nucleo-scope>`: the workbench, to be embedded in any page. */
import { Engine, type EngineOptions } from "./engine/engine.ts";
import type { ErrorReport, NamedBlob } from "./engine/protocol.ts";
import { trusted } from "./engine/trusted.ts";
import resultsStyles from "./results/results.css";
import { countedOf, countOf, type BatchImage } from "./session/batch.ts";
import { filesOf } from "./session/exporter.ts";
import { gatherPicked } from "./session/gather.ts";
import { KeptSessionStore, SessionKeeper } from "./session/kept-session.ts";
import { Session, type SessionOptions } from "./session/session.ts";
import { asRecord, parseNetworkSettings, parseTuning } from "./session/tuning.ts";
import type { WorkProgress } from "./session/work.ts";
import styles from "./styles.css";
import template from "./template.html";
import * as text from "./text.ts";
import { setText } from "./ui/dom.ts";
import { View } from "./view.ts";
import type { ExportFormat, MeasurementTable, TableDialect } from "./wasm/nucleoscope.js";

/** What the element shows: everything; without the tools that change nuclei; or a tile for a dashboard. */
export type Mode = "edit" | "view" | "mini";

/** The nuclei of an image. */
export interface ImageResult {
  /** The image's id, as in exported files. */
  readonly imageId: string;
  /** The file's path, as it was given. */
  readonly path: string;
  /** Width and height in pixels. */
  readonly width: number;
  readonly height: number;
  /** How many nuclei were found. */
  readonly nuclei: number;
  /** How many of them count: all, unless there are regions or gates. */
  readonly count: number;
  /** How many of those are positive; null if nuclei are not classified. */
  readonly positive: number | null;
}

/** The measurements of an image's nuclei, one row for each. */
export interface ImageMeasurements extends ImageResult {
  /** Columns with keys, labels and units; `values` has one column after the other. */
  readonly table: MeasurementTable;
  /** By row, 1 for the nuclei that count and 0 for the others. */
  readonly included: Uint8Array;
}

/** The selected image and nuclei. */
export interface SelectionDetail {
  /** Null if no image is selected, or a file that is not an image. */
  readonly imageId: string | null;
  /** Numbers of the selected nuclei, as in exported files. */
  readonly labels: readonly number[];
}

/** The images that were removed from the list. */
export interface RemoveDetail {
  readonly images: readonly {
    /** Null for a file that is not an image. */
    readonly imageId: string | null;
    readonly path: string;
  }[];
}

/** The events of the element, by name. They do not bubble. */
export interface NucleoScopeEventMap {
  /** Images are being segmented. */
  progress: CustomEvent<WorkProgress>;
  /** The nuclei of an image are known, or have changed. */
  result: CustomEvent<ImageResult>;
  /** Another image or other nuclei were selected. */
  selection: CustomEvent<SelectionDetail>;
  /** Nuclei were corrected by hand, or a correction was undone; a `result` follows. */
  edit: CustomEvent<ImageResult>;
  /** Images were removed. If that is undone, a `result` follows for each that has one. */
  remove: CustomEvent<RemoveDetail>;
  /** An image or a file failed, or the element could not start. */
  error: CustomEvent<ErrorReport & { readonly path: string | null }>;
}

/** Where the element finds its parts, and how its engine works. */
export interface ElementDefaults extends Partial<EngineOptions>, Omit<SessionOptions, "createEngine"> {
  /**
   * Keeps the session of the element in a database of the browser with this name, and opens it again. Only one
   * element can use a name at a time; others keep nothing.
   */
  readonly keepAs?: string;
}

/** `HTMLElement`, or an empty class where there is none: the module can be imported on a server. */
const Base: typeof HTMLElement = globalThis.HTMLElement ?? (class {} as unknown as typeof HTMLElement);

/** English tables: commas between columns, and a decimal point. */
const defaultDialect: TableDialect = { delimiter: "comma", decimal: "point" };

const modes: readonly string[] = ["edit", "view", "mini"] satisfies Mode[];

/** The style sheets that all elements share. */
let sheets: readonly CSSStyleSheet[] | null = null;

function sharedSheets(): CSSStyleSheet[] {
  sheets ??= [styles, resultsStyles].map((rules) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(rules);
    return sheet;
  });
  return [...sheets];
}

/**
 * Finds, shows, measures and exports nuclei.
 *
 * Attributes, each with a property of the same name: `src` (the address of an image to open), `model` (the address
 * of an ONNX model, which is tried in a worker of its own before it is used), `diameter` (the typical diameter of
 * nuclei in pixels), `settings` (the watershed's settings as JSON), `mode` (`edit`, `view` or `mini`) and `assets` (the
 * address of the folder with the module, the model and the worker's script; by default, that of this module).
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the interface only adds types of events to a method.
export class NucleoScopeElement extends Base {
  /** The attributes that are followed. */
  static readonly observedAttributes: readonly string[] = ["src", "model", "diameter", "settings", "assets"];
  /** Options for every element that is connected later; they replace what attributes do not set. */
  static defaults: ElementDefaults = {};

  #session: Session | null = null;
  #view: View | null = null;
  /** What each image's last `result` event was about. */
  readonly #reported = new WeakMap<BatchImage, ImageResult & { readonly segmented: object }>();
  #ends: (() => void)[] = [];

  /** The address of an image to open. */
  get src(): string {
    return this.getAttribute("src") ?? "";
  }

  set src(address: string) {
    this.setAttribute("src", address);
  }

  /** The address of an ONNX model; empty for the one that comes with the element. */
  get model(): string {
    return this.getAttribute("model") ?? "";
  }

  set model(address: string) {
    this.setAttribute("model", address);
  }

  /** The address of the folder with the module, the model and the worker's script; empty for the default. */
  get assets(): string {
    return this.getAttribute("assets") ?? "";
  }

  set assets(address: string) {
    this.setAttribute("assets", address);
  }

  /** The typical diameter of nuclei in pixels, from 3 to 1000; null estimates it. */
  get diameter(): number | null {
    return parseNetworkSettings({ diameter: Number(this.getAttribute("diameter") ?? Number.NaN) }).diameter ?? null;
  }

  set diameter(diameter: number | null) {
    if (diameter === null) this.removeAttribute("diameter");
    else this.setAttribute("diameter", String(diameter));
  }

  /** The watershed's settings by name; those left out have their defaults. */
  get settings(): Readonly<Record<string, unknown>> {
    return asRecord(parsedJson(this.getAttribute("settings")));
  }

  set settings(settings: Readonly<Record<string, unknown>>) {
    this.setAttribute("settings", JSON.stringify(settings));
  }

  /** What the element shows; `edit` by default. */
  get mode(): Mode {
    const mode = this.getAttribute("mode") ?? "";
    return modes.includes(mode) ? (mode as Mode) : "edit";
  }

  set mode(mode: Mode) {
    this.setAttribute("mode", mode);
  }

  /** Opens files: images, archives, ground truth, regions, records of earlier runs. Resolves when they are read. */
  async open(files: Iterable<File>): Promise<void> {
    await this.#opened().open(Promise.resolve(gatherPicked(files)));
  }

  /** Opens files, and resolves to the results of all images when they have been segmented and counted. */
  async segment(files: Iterable<File>): Promise<readonly ImageResult[]> {
    const session = this.#opened();
    await this.open(files);
    await session.settled();
    return session.images.value.flatMap((image) => resultOf(image) ?? []);
  }

  /** The results of all images that are finished. */
  get results(): readonly ImageResult[] {
    return this.#session?.images.value.flatMap((image) => resultOf(image) ?? []) ?? [];
  }

  /** The measurements of all images that are finished and measured. */
  measurements(): readonly ImageMeasurements[] {
    const session = this.#session;
    if (session === null) return [];
    return session.images.value.flatMap((image) => {
      const result = resultOf(image);
      const measured = session.counts.of(image);
      return result === null || measured === null
        ? []
        : [{ ...result, table: measured.table, included: measured.counted.included }];
    });
  }

  /**
   * The files of all finished images in the given formats (names as in the engine's `exportFormats`), and the tables for
   * all of them. `dialect` sets the delimiter and the decimal sign of the tables.
   */
  async export(formats: readonly ExportFormat[], dialect?: TableDialect): Promise<readonly NamedBlob[]> {
    const session = this.#opened();
    const engine = await session.ready;
    await session.settled();
    const { batch } = session;
    const order = { engine, batch, images: batch.images, formats, measures: [], dialect: dialect ?? defaultDialect };
    return (await filesOf(order, () => {})).files;
  }

  /** @ignore */
  connectedCallback(): void {
    if (this.#session !== null) return;
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = sharedSheets();
    root.innerHTML = trusted().createHTML(template);
    const version = root.getElementById("version");
    if (version !== null) setText(version, `Nucleoscope ${VERSION}`);
    const options = this.#engineOptions();
    const session = new Session({ ...NucleoScopeElement.defaults, createEngine: () => Engine.create(options) });
    this.#session = session;
    this.#view = new View(root, session, {
      selected: (image, labels) => this.#emit("selection", { imageId: image?.imageId ?? null, labels: [...labels] }),
    });
    this.#follow(session);
    session.setDiameter(this.diameter);
    this.#applySettings(session);
    if (this.src !== "") void this.#openAddress(session, this.src);
    const { keepAs } = NucleoScopeElement.defaults;
    if (keepAs !== undefined) void this.#keep(session, keepAs);
  }

  /** @ignore */
  disconnectedCallback(): void {
    // An element that is moved is connected again at once, and keeps everything.
    queueMicrotask(() => {
      if (!this.isConnected) this.#dispose();
    });
  }

  /** @ignore */
  attributeChangedCallback(name: string, before: string | null, now: string | null): void {
    const session = this.#session;
    if (session === null || before === now) return;
    if (name === "model") this.#useModel(session);
    else if (name === "diameter") session.setDiameter(this.diameter);
    else if (name === "settings") this.#applySettings(session);
    else if (name === "src") {
      session.removeAll();
      if (this.src !== "") void this.#openAddress(session, this.src);
    } else {
      this.#dispose();
      this.connectedCallback();
    }
  }

  /** The engine's parts from the attributes, else from the defaults, else beside this module. */
  #engineOptions(): EngineOptions {
    const { wasm, model, modelLimits, worker, workers, sizes } = NucleoScopeElement.defaults;
    const folder = this.assets === "" ? null : new URL(this.assets.replace(/\/?$/, "/"), document.baseURI);
    const part = <Given>(given: Given | undefined, name: string): Given | URL =>
      folder === null && given !== undefined ? given : new URL(name, folder ?? import.meta.url);
    return {
      wasm: part(wasm, "nucleoscope_bg.wasm"),
      model: this.model === "" ? part(model, "nuclei.onnx") : new URL(this.model, document.baseURI),
      // The element's own is used at once.
      modelLimits: this.model === "" ? null : modelLimits,
      worker: part(worker, "worker.js"),
      workers,
      sizes,
    };
  }

  /** Uses the model of the attribute; if it is refused, the one in use stays. */
  #useModel(session: Session): void {
    const { model, modelLimits } = this.#engineOptions();
    void session.useModel(this.model || "nuclei.onnx", model, modelLimits === null);
  }

  /** Restores the session that was kept under a name, and keeps this one from then on. */
  async #keep(session: Session, name: string): Promise<void> {
    const store = await KeptSessionStore.open(name);
    if (store === null) return;
    this.#ends.push(() => store.close());
    let kept = await store.read().catch(() => null);
    if (this.#session !== session) return;
    // What the address asks for comes first.
    if (kept !== null && session.images.value.length === 0 && this.src === "") await session.restore(kept);
    else kept = null;
    if (kept === null) await store.clear();
    if (this.#session !== session) return;
    const keeper = new SessionKeeper(session, store, kept, (failure) => session.reportKept(failure));
    this.#ends.push(() => keeper.stop());
    session.forgetKept = () => keeper.forget();
  }

  #opened(): Session {
    if (this.#session === null) throw new Error("the element is not connected to a document");
    return this.#session;
  }

  #follow(session: Session): void {
    const askBeforeLeaving = (event: BeforeUnloadEvent): void => {
      if (this.mode !== "edit" || !session.hasUnsaved) return;
      event.preventDefault();
      // Browsers before 2024 need this to ask.
      event.returnValue = true;
    };
    window.addEventListener("beforeunload", askBeforeLeaving);
    this.#ends = [
      () => window.removeEventListener("beforeunload", askBeforeLeaving),
      session.on("image", () => this.#emit("progress", session.progress)),
      session.on("counted", (image) => this.#reportResult(image)),
      session.on("edit", (image) => {
        const result = resultOf(image);
        if (result !== null) this.#emit("edit", result);
      }),
      session.on("removed", (images) => {
        for (const image of images) this.#reported.delete(image);
        this.#emit("remove", { images: images.map(({ imageId, path }) => ({ imageId, path })) });
      }),
      session.on("restored", () => {
        for (const image of session.images.value) this.#reportResult(image);
      }),
      session.on("error", (report) => this.#emit("error", report)),
    ];
  }

  #reportResult(image: BatchImage): void {
    const result = resultOf(image);
    if (result === null || image.state.kind !== "done") return;
    const { result: segmented } = image.state;
    const before = this.#reported.get(image);
    const { count, positive } = result;
    if (before?.segmented === segmented && before.count === count && before.positive === positive) return;
    this.#reported.set(image, { ...result, segmented });
    this.#emit("result", result);
  }

  #applySettings(session: Session): void {
    if (!this.hasAttribute("settings")) return;
    const given = this.settings;
    void session.ready.then(({ settingList }) => {
      const standard = session.offeredTuning.value?.standard ?? {};
      session.tune({ ...standard, ...parseTuning(given, settingList).tuning }, true);
      const { diameter } = parseNetworkSettings(given);
      if (diameter != null) session.setDiameter(diameter);
    });
  }

  async #openAddress(session: Session, address: string): Promise<void> {
    const url = new URL(address, document.baseURI);
    const path = decodeURIComponent(url.pathname.split("/").at(-1) ?? "") || "image";
    await session.open(
      fetchFile(url, path).then((blob) => ({ files: [{ path, blob, explicit: true }], unreadable: [] })),
      () => void this.#openAddress(session, address),
    );
  }

  #emit<Name extends keyof NucleoScopeEventMap>(name: Name, detail: NucleoScopeEventMap[Name]["detail"]): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  #dispose(): void {
    for (const end of this.#ends) end();
    this.#ends = [];
    this.#view?.dispose();
    this.#view = null;
    this.#session?.dispose();
    this.#session = null;
    this.shadowRoot?.replaceChildren();
  }
}

export interface NucleoScopeElement {
  addEventListener<Name extends keyof NucleoScopeEventMap>(
    name: Name,
    listener: (this: NucleoScopeElement, event: NucleoScopeEventMap[Name]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    name: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

declare global {
  interface HTMLElementTagNameMap {
    "nucleo-scope": NucleoScopeElement;
  }
}

/** Defines `<nucleo-scope>`, unless it is defined already or there are no custom elements. */
export function define(): void {
  const { customElements } = globalThis;
  if (customElements !== undefined && customElements.get("nucleo-scope") === undefined) {
    customElements.define("nucleo-scope", NucleoScopeElement);
  }
}

function resultOf(image: BatchImage): ImageResult | null {
  const { imageId, path, state } = image;
  const count = countOf(image);
  if (imageId === null || state.kind !== "done" || count === null) return null;
  const { width, height, count: nuclei } = state.result;
  return { imageId, path, width, height, nuclei, count, positive: countedOf(image)?.summary.positive ?? null };
}

/** Fetches a file; a server's answer that is no file is an error. */
async function fetchFile(url: URL, path: string): Promise<Blob> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(text.imageNotFetched(path, response.status));
  return response.blob();
}

function parsedJson(json: string | null): unknown {
  try {
    return json === null ? null : JSON.parse(json);
  } catch {
    return null;
  }
}
