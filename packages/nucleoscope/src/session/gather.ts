/** Gathers files from a drop, a paste or a file chooser, folders included. */
import type { BatchFile } from "../engine/protocol.ts";

/** The files, and the paths of those that could not be read. */
export interface Gathered {
  readonly files: BatchFile[];
  readonly unreadable: string[];
}

/**
 * Gathers files that were dropped or pasted.
 *
 * Must be called inside the event handler: the items are empty afterwards.
 */
export async function gatherItems(items: Iterable<DataTransferItem>): Promise<Gathered> {
  const gathered: Gathered = { files: [], unreadable: [] };
  // All entries are requested before the first await, while the browser still allows it.
  const dropped = [...items]
    .filter((item) => item.kind === "file")
    .map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  for (const { entry, file } of dropped) {
    if (entry?.isDirectory === true) await walk(entry as FileSystemDirectoryEntry, gathered);
    // A file created by a script has no file system entry.
    else if (file !== null) gathered.files.push({ path: pathOf(file), blob: file, explicit: true });
  }
  return gathered;
}

/** Gathers files from a file chooser; files in a chosen folder are not explicit. */
export function gatherPicked(files: Iterable<File>): Gathered {
  const picked = [...files].map((file) => ({
    path: pathOf(file),
    blob: file,
    explicit: file.webkitRelativePath === "",
  }));
  return { files: picked, unreadable: [] };
}

function pathOf(file: File): string {
  return file.webkitRelativePath === "" ? file.name : file.webkitRelativePath;
}

async function walk(folder: FileSystemDirectoryEntry, gathered: Gathered): Promise<void> {
  let entries: FileSystemEntry[];
  try {
    entries = await list(folder);
  } catch {
    gathered.unreadable.push(relative(folder.fullPath));
    return;
  }
  entries.sort((left, right) => (left.name < right.name ? -1 : 1));
  for (const entry of entries) {
    if (entry.isDirectory) {
      await walk(entry as FileSystemDirectoryEntry, gathered);
      continue;
    }
    const path = relative(entry.fullPath);
    try {
      const blob = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
      gathered.files.push({ path, blob, explicit: false });
    } catch {
      gathered.unreadable.push(path);
    }
  }
}

/** Everything in a folder: the browser returns it in portions, the last one empty. */
async function list(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const portion = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (portion.length === 0) return all;
    all.push(...portion);
  }
}

function relative(fullPath: string): string {
  return fullPath.replace(/^\/+/, "");
}
