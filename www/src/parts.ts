import type { Source } from "./engine/engine.ts";

/**
 * Where a part of the program is: beside the page, or, in the page that is a single file, in an
 * element of it (`<script type="application/gzip" data-part="NAME" data-type="MEDIA TYPE">` with the
 * gzipped bytes in Base64; the build writes it).
 */
export function sourceOf(name: string): Source {
  const element = document.querySelector<HTMLScriptElement>(`script[data-part="${name}"]`);
  return element === null ? new URL(name, document.baseURI) : () => unpacked(element);
}

function unpacked(element: HTMLScriptElement): Response {
  const packed = Uint8Array.from(atob(element.text), (character) => character.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream, { headers: { "content-type": element.dataset["type"] ?? "" } });
}
