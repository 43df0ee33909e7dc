import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { type Gathered, gatherItems, gatherPicked } from "../../packages/nucleoscope/src/session/gather.ts";
import { fake } from "../fake.ts";

const file = (name: string, webkitRelativePath = "") => fake<File>({ name, webkitRelativePath });

/** A file in a dropped folder. */
const fileEntry = (fullPath: string) => ({
  name: fullPath.split("/").at(-1),
  fullPath,
  isDirectory: false,
  file: (resolve: any) => resolve(file(fullPath.split("/").at(-1) ?? "")),
});

/** A dropped folder that returns its entries in portions, as browsers do. */
const folderEntry = (fullPath: string, entries: object[], portion = 2) => ({
  name: fullPath.split("/").at(-1),
  fullPath,
  isDirectory: true,
  createReader: () => {
    const rest = [...entries];
    return { readEntries: (resolve: any) => resolve(rest.splice(0, portion)) };
  },
});

const item = (entry: object | null, own: File | null = null) =>
  fake<DataTransferItem>({ kind: "file", webkitGetAsEntry: () => entry, getAsFile: () => own });

const paths = ({ files }: Gathered) => files.map(({ path }) => path);

describe("gathering files", () => {
  test("reads nested folders, to their last portion", async () => {
    const names = Array.from({ length: 7 }, (_, index) => fileEntry(`/set/images/${index}.png`));
    const tree = folderEntry("/set", [fileEntry("/set/notes.txt"), folderEntry("/set/images", names)]);
    const gathered = await gatherItems([item(tree)]);
    assert.deepEqual(paths(gathered), [
      ...Array.from({ length: 7 }, (_, index) => `set/images/${index}.png`),
      "set/notes.txt",
    ]);
    assert.ok(gathered.files.every(({ explicit }) => !explicit));
  });

  test("treats a dropped file as explicit", async () => {
    const { files } = await gatherItems([item(fileEntry("/a.png"), file("a.png"))]);
    assert.deepEqual(files, [{ path: "a.png", blob: file("a.png"), explicit: true }]);
  });

  test("accepts a file without an entry, as scripts create them", async () => {
    assert.deepEqual(paths(await gatherItems([item(null, file("made.png"))])), ["made.png"]);
  });

  test("ignores dropped text", async () => {
    assert.deepEqual(paths(await gatherItems([fake<DataTransferItem>({ kind: "string" })])), []);
  });

  test("requests every item before the first await, as browsers require", async () => {
    let open = true;
    const guarded = (name: string) =>
      fake<DataTransferItem>({
        kind: "file",
        webkitGetAsEntry: () => (open ? fileEntry(`/${name}`) : null),
        getAsFile: () => (open ? file(name) : null),
      });
    const gathered = gatherItems([item(folderEntry("/set", [fileEntry("/set/a.png")])), guarded("b.png")]);
    open = false;
    assert.deepEqual(paths(await gathered), ["set/a.png", "b.png"]);
  });

  test("lists what cannot be read and continues", async () => {
    const locked = {
      ...fileEntry("/set/locked.png"),
      file: (_: unknown, reject: (reason: Error) => void) => reject(new Error("denied")),
    };
    const broken = {
      ...folderEntry("/set/broken", []),
      createReader: () => ({
        readEntries: (_: unknown, reject: (reason: Error) => void) => reject(new Error("denied")),
      }),
    };
    const gathered = await gatherItems([item(folderEntry("/set", [locked, broken, fileEntry("/set/z.png")]))]);
    assert.deepEqual(paths(gathered), ["set/z.png"]);
    assert.deepEqual(gathered.unreadable, ["set/broken", "set/locked.png"]);
  });

  test("keeps the path of a file inside a chosen folder", () => {
    const { files } = gatherPicked([file("a.png", "set/images/a.png"), file("b.png")]);
    assert.deepEqual(
      files.map(({ path, explicit }) => [path, explicit]),
      [
        ["set/images/a.png", false],
        ["b.png", true],
      ],
    );
  });
});
