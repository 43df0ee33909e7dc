import { EngineError, messageOf } from "../../packages/nucleoscope/src/engine/engine-error.ts";
import type { Source } from "../../packages/nucleoscope/src/engine/engine.ts";
import * as text from "../../packages/nucleoscope/src/text.ts";

/**
 * Where an asset is: beside the page or, in the single-file page, in an element of it
 * (`<script type="application/gzip" data-part="NAME" data-type="MEDIA TYPE">` with the gzipped bytes in Base64,
 * written by the build). Unpacking a damaged one throws an {@link EngineError}.
 */
export function sourceOf(name: string): Source {
  const parts = [...document.querySelectorAll<HTMLScriptElement>("script[data-part]")];
  if (parts.length === 0) return new URL(name, document.baseURI);
  return () => unpacked(parts.find(({ dataset }) => dataset["part"] === name));
}

async function unpacked(part: HTMLScriptElement | undefined): Promise<Response> {
  try {
    if (part === undefined) throw new Error(text.pageIncomplete);
    const packed = bytesOf(part.text);
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    const bytes = await new Response(stream).arrayBuffer();
    return new Response(bytes, { headers: { "content-type": part.dataset["type"] ?? "" } });
  } catch (error) {
    throw new EngineError({ code: "page/not-unpacked", ...text.pageDamaged(messageOf(error)) });
  }
}

/** Base64 to bytes, in a plain loop: a function call for each of millions of bytes would block the page for half a second. */
function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}
