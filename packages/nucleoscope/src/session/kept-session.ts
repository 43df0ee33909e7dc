/** A session that is kept on this computer, so that a reload or a crash loses nothing. */
import * as text from "../text.ts";
import type { BatchFile, ModelIdentity, Segmented, Thumbnail } from "../engine/protocol.ts";
import type { Edit, PixelSize, Region, Selection, Settings, Threshold } from "../wasm/nucleoscope.js";
import { isRecordName, type BatchImage } from "./batch.ts";
import type { SharedDisplays } from "./displays.ts";
import type { Gate } from "./gates.ts";
import type { GroupRule } from "./groups.ts";
import type { Session } from "./session.ts";
import type { Tuning } from "./tuning.ts";

/** What is kept of a finished image. */
export interface KeptImage {
  readonly path: string;
  readonly result: Segmented;
  /** Sessions of earlier versions lack it. */
  readonly thumbnail?: Thumbnail | null;
  readonly settings: Settings | null;
  /** Sessions of earlier versions lack it. */
  readonly model?: ModelIdentity | null;
  readonly tuning: Tuning | null;
  readonly recorded: Settings | null;
  readonly selection: Selection;
  readonly pixelSize: PixelSize | null;
  readonly edits: readonly Edit[];
  readonly regions: readonly Region[];
  readonly gates: readonly Gate[];
  /** Sessions of earlier versions lack the next two. */
  readonly positive?: Threshold | null;
  readonly cellExpansion?: number;
  readonly startsFromTruth: boolean;
  readonly group: string | null;
  readonly hasOwnGroup: boolean;
}

/** What is kept of the whole session. */
export interface KeptState {
  readonly diameter: number | null;
  readonly pixelSize: PixelSize | null;
  readonly tuning: Tuning;
  readonly gates: readonly Gate[];
  readonly displays: SharedDisplays;
  /** Sessions of earlier versions lack the next two. */
  readonly positive?: Threshold | null;
  readonly cellExpansion?: number;
  readonly groupRule: GroupRule;
  /** The path of the selected image. */
  readonly selected: string | null;
  /** Paths of images that were removed from the list, although their files are kept. */
  readonly removed: readonly string[];
  /** When it was kept, in milliseconds since 1970. */
  readonly time: number;
}

/** A file, and its number in the order in which the files were opened. */
type KeptFile = BatchFile & { readonly order: number };

/** Everything that was kept. */
export interface KeptSession {
  readonly state: KeptState;
  /** In the order in which they were opened. */
  readonly files: readonly BatchFile[];
  readonly images: readonly KeptImage[];
}

type StoreName = "state" | "files" | "images";
const stores: readonly StoreName[] = ["state", "files", "images"];
const schemaVersion = 1;
/** The pause between a change and its writing, in milliseconds. */
const pause = 400;
/** The most bytes of files that are kept. */
const mostBytes = 2 ** 30;

/** How many requests of a change are made at a time. */
const together = 20;

/** What is to be written: new and changed entries, and the paths of those that are gone. */
interface Change {
  readonly state: KeptState;
  readonly files: readonly KeptFile[];
  readonly images: readonly KeptImage[];
  readonly goneFiles: readonly string[];
  readonly goneImages: readonly string[];
}

/** Where a session is kept: a database of the browser that only one page writes to at a time. */
export class KeptSessionStore {
  readonly #database: IDBDatabase;
  readonly #unlock: () => void;

  private constructor(database: IDBDatabase, unlock: () => void) {
    this.#database = database;
    this.#unlock = unlock;
  }

  /** Opens a store; null if another page uses it, or the browser forbids storage. */
  static async open(name: string): Promise<KeptSessionStore | null> {
    try {
      const unlock = await lock(`nucleoscope ${name}`);
      if (unlock === null) return null;
      const opening = indexedDB.open(name, schemaVersion);
      opening.onupgradeneeded = () => {
        opening.result.createObjectStore("state");
        opening.result.createObjectStore("files", { keyPath: "path" });
        opening.result.createObjectStore("images", { keyPath: "path" });
      };
      return new KeptSessionStore(await resultOf(opening), unlock);
    } catch {
      return null;
    }
  }

  /** What was kept; null if that is nothing. */
  async read(): Promise<KeptSession | null> {
    const transaction = this.#database.transaction(stores);
    const [state, files, images] = await Promise.all([
      resultOf<KeptState | undefined>(transaction.objectStore("state").get("state")),
      resultOf<KeptFile[]>(transaction.objectStore("files").getAll()),
      resultOf<KeptImage[]>(transaction.objectStore("images").getAll()),
    ]);
    files.sort((left, right) => left.order - right.order);
    return state === undefined || files.length === 0 ? null : { state, files, images };
  }

  /** Keeps the state and what is new, and deletes what is gone: all of it or, if that fails, nothing. */
  write(change: Change): Promise<void> {
    return this.#change((store) => [
      () => store("state").put(change.state, "state"),
      ...change.files.map((file) => () => store("files").put(file)),
      ...change.images.map((image) => () => store("images").put(image)),
      ...change.goneFiles.map((path) => () => store("files").delete(path)),
      ...change.goneImages.map((path) => () => store("images").delete(path)),
    ]);
  }

  /** Deletes everything that was kept. */
  clear(): Promise<void> {
    return this.#change((store) => stores.map((name) => () => store(name).clear()));
  }

  /** Closes the store, so that another page can use it. */
  close(): void {
    this.#database.close();
    this.#unlock();
  }

  /** Makes the requests of a change: all of them or, if one fails, none. */
  async #change(requestsOf: (store: (name: StoreName) => IDBObjectStore) => (() => IDBRequest)[]): Promise<void> {
    const transaction = this.#database.transaction(stores, "readwrite");
    const make = async (): Promise<void> => {
      try {
        // A few at a time: copying thousands of files at once would stop the page for a second.
        for (const [index, request] of requestsOf((name) => transaction.objectStore(name)).entries()) {
          const made = request();
          if (index % together === 0) await resultOf(made);
        }
      } catch (error) {
        if (transaction.error === null) transaction.abort();
        throw error;
      }
    };
    const end = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
    });
    await Promise.all([make(), end]);
  }
}

function resultOf<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Takes a lock; resolves to the function that releases it, or to null if another page has it. */
function lock(name: string): Promise<(() => void) | null> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(name, { ifAvailable: true }, (granted) => {
        if (granted === null) {
          resolve(null);
          return undefined;
        }
        return new Promise<void>((release) => resolve(release));
      })
      .catch(reject);
  });
}

/** Writes the changes of a session to a store. */
export class SessionKeeper {
  readonly #session: Session;
  readonly #store: KeptSessionStore;
  readonly #report: (failure: string | null) => void;
  readonly #ends: (() => void)[];
  readonly #changed = new Set<BatchImage>();
  /** What was written last of each image. */
  readonly #written = new WeakMap<BatchImage, unknown[]>();
  /** Files that are kept already, by path. */
  readonly #keptFiles: Map<string, Blob>;
  /** The paths of images that are kept already. */
  readonly #keptImages: Set<string>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #writing: Promise<void> = Promise.resolve();
  #isStopped = false;

  /**
   * Keeps a session from now on. `report` is called with the reason why it cannot be kept any longer, or with null
   * after something was kept. `kept` is what the store has already.
   */
  constructor(
    session: Session,
    store: KeptSessionStore,
    kept: KeptSession | null,
    report: (failure: string | null) => void,
  ) {
    this.#keptFiles = new Map(kept?.files.map(({ path, blob }) => [path, blob]));
    this.#keptImages = new Set(kept?.images.map(({ path }) => path));
    this.#session = session;
    this.#store = store;
    this.#report = report;
    const follow = (image: BatchImage): void => {
      this.#changed.add(image);
      this.#soon();
    };
    this.#ends = [
      session.on("edit", follow),
      session.on("image", follow),
      session.on("counted", follow),
      session.images.subscribe(() => this.#soon()),
      session.selected.subscribe(() => this.#soon()),
      session.diameter.subscribe(() => this.#soon()),
      session.tuning.subscribe(() => this.#soon()),
      session.displays.subscribe(() => this.#soon()),
      session.model.subscribe(() => this.#soon()),
    ];
  }

  /** Deletes what was kept, and keeps nothing more. */
  async forget(): Promise<void> {
    this.stop();
    await this.#writing;
    await this.#store.clear();
  }

  /** Keeps nothing more; what was kept stays. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    for (const end of this.#ends) end();
  }

  /** Writes what has changed now. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  #soon(): void {
    if (!this.#isStopped) this.#timer ??= setTimeout(() => void this.flush(), pause);
  }

  /** What is to be written of an image: nothing if that is kept already. */
  #news(image: BatchImage): KeptImage[] {
    return keptOf(image).filter((now) => {
      const [before, values] = [this.#written.get(image), valuesOf(now)];
      this.#written.set(image, values);
      const isKept = this.#keptImages.has(image.path) && before?.length === values.length;
      return !isKept || values.some((value, index) => value !== before[index]);
    });
  }

  async #write(): Promise<void> {
    if (this.#isStopped) return;
    const session = this.#session;
    const { batch } = session;
    const changed = [...this.#changed];
    this.#changed.clear();
    try {
      // Without images, nothing is worth keeping.
      const kept = batch.files.length === 0 ? [] : [...batch.files, ...session.modelFiles];
      const opened = new Map(kept.map((file, order) => [file.path, { ...file, order }]));
      for (const path of opened.keys()) if (isRecordName(path)) opened.delete(path);
      const bytes = [...opened.values()].reduce((sum, { blob }) => sum + blob.size, 0);
      if (bytes > mostBytes) {
        this.stop();
        await this.#store.clear();
        this.#report(text.tooLargeToKeep);
        return;
      }
      const listed = new Map(batch.images.map((image) => [image.path, image]));
      const change = {
        state: stateOf(session),
        files: [...opened.values()].filter(({ path, blob }) => this.#keptFiles.get(path) !== blob),
        images: changed.filter((image) => listed.get(image.path) === image).flatMap((image) => this.#news(image)),
        goneFiles: [...this.#keptFiles.keys()].filter((path) => !opened.has(path)),
        goneImages: [...this.#keptImages].filter((path) => !listed.has(path)),
      };
      await this.#store.write(change);
      for (const { path, blob } of change.files) this.#keptFiles.set(path, blob);
      for (const { path } of change.images) this.#keptImages.add(path);
      for (const path of change.goneFiles) this.#keptFiles.delete(path);
      for (const path of change.goneImages) this.#keptImages.delete(path);
      if (opened.size === 0) return;
      this.#report(null);
    } catch (error) {
      this.stop();
      const isFull = error instanceof DOMException && error.name === "QuotaExceededError";
      this.#report(isFull ? text.noSpaceToKeep : text.cannotBeKept);
    }
  }
}

/** The values of an entry, to be compared: edits are in a new array each time. */
function valuesOf({ edits, ...image }: KeptImage): unknown[] {
  return [...Object.values(image), ...edits];
}

function stateOf(session: Session): KeptState {
  return {
    ...session.shared,
    groupRule: session.batch.groupRule,
    selected: session.selected.value?.path ?? null,
    removed: session.batch.removedPaths,
    time: Date.now(),
  };
}

/** What is kept of an image; nothing unless it is finished. */
function keptOf(image: BatchImage): KeptImage[] {
  if (image.state.kind !== "done") return [];
  const { path, settings, model, tuning, recorded, selection, pixelSize, edits, regions, gates, startsFromTruth } =
    image;
  const { result } = image.state;
  const { group, hasOwnGroup, positive, cellExpansion, thumbnail } = image;
  const given = {
    thumbnail,
    settings,
    model,
    tuning,
    recorded,
    selection,
    pixelSize,
    regions,
    gates,
    positive,
    cellExpansion,
    startsFromTruth,
    group,
    hasOwnGroup,
  };
  return [{ path, result, ...given, edits: edits.steps }];
}
