import { simplify } from "./simplify.ts";
import type { Edit, Point as Place, Region } from "../wasm/nucleoscope.js";

/** What a drag on the image does. */
export type ToolName = "select" | "split" | "draw" | "erase" | "add" | "rectangle" | "polygon";

/** The key that chooses each tool. */
export const toolKeys: Readonly<Record<ToolName, string>> = {
  select: "v",
  split: "s",
  draw: "b",
  erase: "e",
  add: "a",
  rectangle: "r",
  polygon: "f",
};

/** Whether a tool changes nuclei. */
export function isCorrecting(tool: ToolName): boolean {
  return ["split", "draw", "erase", "add"].includes(tool);
}

/** Whether a tool paints with the brush. */
export function isBrush(tool: ToolName): boolean {
  return tool === "draw" || tool === "erase";
}

/** The result of a drag. */
export type Drawn = { readonly edit: Edit } | { readonly region: Region };

/** The tolerance for simplifying lines, in image pixels. */
const tolerance = 0.25;

/** The correction or region that a drawn line stands for; null if it is too short. */
export function meaningOf(tool: ToolName, drawn: readonly Place[], brushRadius: number): Drawn | null {
  const first = drawn[0];
  const last = drawn.at(-1);
  if (first === undefined || last === undefined) return null;
  const path = simplify(drawn, tolerance);
  switch (tool) {
    case "select":
      return null;
    case "split":
      return path.length < 2 ? null : { edit: { kind: "split", line: path } };
    case "draw":
      return { edit: { kind: "draw", path, radius: brushRadius, to: first } };
    case "erase":
      return { edit: { kind: "erase", path, radius: brushRadius } };
    case "add":
      return path.length < 3 ? null : { edit: { kind: "add", outline: path } };
    case "polygon":
      return path.length < 3 ? null : { region: { kind: "polygon", points: path } };
    case "rectangle": {
      const [x, y] = [Math.min(first[0], last[0]), Math.min(first[1], last[1])];
      const [width, height] = [Math.abs(first[0] - last[0]), Math.abs(first[1] - last[1])];
      return width < 1 || height < 1 ? null : { region: { kind: "rectangle", x, y, width, height } };
    }
  }
}

/** How a line is shown while it is drawn. */
export function draftOf(
  tool: ToolName,
  drawn: readonly Place[],
  brushRadius: number,
): { readonly path: readonly Place[]; readonly isClosed: boolean; readonly width: number } {
  const first = drawn[0];
  const last = drawn.at(-1);
  if ((tool === "rectangle" || tool === "select") && first !== undefined && last !== undefined) {
    return { path: [first, [last[0], first[1]], last, [first[0], last[1]]], isClosed: true, width: 0 };
  }
  return { path: drawn, isClosed: tool === "add" || tool === "polygon", width: isBrush(tool) ? 2 * brushRadius : 0 };
}
