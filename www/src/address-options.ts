/** Reads the options in the page's address. */
import type { Mode } from "../../packages/nucleoscope/src/nucleo-scope.ts";
import type { Message } from "../../packages/nucleoscope/src/session/messages.ts";
import * as text from "../../packages/nucleoscope/src/text.ts";
import type { TiledSizes } from "../../packages/nucleoscope/src/wasm/nucleoscope.js";

/** The requested values; undefined where the default applies. */
export interface AddressOptions {
  readonly workers: number | undefined;
  readonly sizes: TiledSizes | undefined;
  /** Whether the page is in a frame of another one, which can use it with messages. */
  readonly isEmbedded: boolean;
  /** The origin of the page that contains this one, if the address names it. */
  readonly origin: string | null;
  /** The address of an image to open. */
  readonly image: string | null;
  readonly mode: Mode | null;
  /** The watershed's settings, as JSON. */
  readonly settings: string | null;
  /** Messages about values that are out of range. */
  readonly messages: Message[];
}

/** `?workers=N` sets how many images are processed at the same time. */
const workers = { name: "workers", minimum: 1, maximum: 16 };

/**
 * `?block=N` processes images of more than N × N pixels in blocks of that size, to save memory. A block smaller
 * than the minimum would be all margin; an image larger than the maximum is refused anyway.
 */
const block = { name: "block", minimum: 320, maximum: 16_384 };

/** The options in the query of an address. */
export function optionsIn(search: string): AddressOptions {
  const parameters = new URLSearchParams(search);
  const messages: Message[] = [];
  const numberOf = ({ name, minimum, maximum }: typeof workers): number | undefined => {
    const value = parameters.get(name);
    if (value === null) return undefined;
    const requested = value.trim() === "" ? Number.NaN : Number(value);
    if (Number.isInteger(requested) && requested >= minimum && requested <= maximum) return requested;
    messages.push(text.addressValueIgnored(name, value, minimum, maximum));
    return undefined;
  };
  const side = numberOf(block);
  return {
    workers: numberOf(workers),
    isEmbedded: parameters.get("embed") === "1",
    origin: originIn(parameters.get("origin")),
    image: parameters.get("image"),
    mode: modeIn(parameters.get("mode")),
    settings: parameters.get("settings"),
    sizes: side === undefined ? undefined : { largestWhole: side * side, longestBlock: side },
    messages,
  };
}

function originIn(address: string | null): string | null {
  return address !== null && URL.canParse(address) ? new URL(address).origin : null;
}

function modeIn(name: string | null): Mode | null {
  return name === "edit" || name === "view" || name === "mini" ? name : null;
}
