/**
 * The messages between a page and the workbench in a frame of it, version 1.
 *
 * Every message is an object with `nucleoscope: 1`. The frame posts `ready` once it listens, then one `answer` for
 * each `request`, and `event` for each event of the element. Files and tables are cloned; the buffers that a request
 * lists as transferable are moved. The frame answers only the window that contains it, and only from the origin that
 * its address names (`origin=`) or, without one, the origin of the page that opened it.
 */
import type { NucleoScopeEventMap } from "../nucleo-scope.ts";
import type { ErrorReport, NamedBlob } from "../engine/protocol.ts";
import type { ImageMeasurements, ImageResult, Mode } from "../nucleo-scope.ts";
import type { ExportFormat } from "../wasm/nucleoscope.js";

/** The version of the protocol. */
export const version = 1;

/** A file to open: its name, or its path in a folder, and its content. */
export interface SentFile {
  readonly name: string;
  readonly content: Blob | ArrayBuffer;
}

/** What can be requested: the arguments and the answer of each method. */
export interface FrameMethods {
  /** Opens files, and answers when they are read. */
  open: { readonly arguments: { readonly files: readonly SentFile[] }; readonly answer: undefined };
  /** Opens files, and answers with the results of all images. */
  segment: { readonly arguments: { readonly files: readonly SentFile[] }; readonly answer: readonly ImageResult[] };
  /** Answers with the measurements of all finished images. */
  measurements: { readonly arguments: object; readonly answer: readonly ImageMeasurements[] };
  /** Answers with the files in these formats. */
  export: { readonly arguments: { readonly formats: readonly ExportFormat[] }; readonly answer: readonly NamedBlob[] };
  /** Changes properties of the element. */
  set: { readonly arguments: FrameProperties; readonly answer: undefined };
}

/** The properties that a request can change. */
export interface FrameProperties {
  readonly mode?: Mode;
  readonly diameter?: number | null;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly src?: string;
}

/** A message to the frame. */
export interface FrameRequest<Name extends keyof FrameMethods = keyof FrameMethods> {
  readonly nucleoscope: typeof version;
  readonly kind: "request";
  /** Repeated in the answer. */
  readonly id: number;
  readonly method: Name;
  readonly arguments: FrameMethods[Name]["arguments"];
}

/** A message from the frame. */
export type FrameMessage =
  | { readonly nucleoscope: number; readonly kind: "ready" }
  | { readonly nucleoscope: number; readonly kind: "answer"; readonly id: number; readonly value: unknown }
  | { readonly nucleoscope: number; readonly kind: "failure"; readonly id: number; readonly error: ErrorReport }
  | {
      readonly nucleoscope: number;
      readonly kind: "event";
      readonly name: keyof NucleoScopeEventMap;
      readonly detail: unknown;
    };

/** Whether data is a message of this protocol, of any version. */
export function isMessage(data: unknown): data is { readonly nucleoscope: number; readonly kind: string } {
  return typeof data === "object" && data !== null && "nucleoscope" in data && "kind" in data;
}
