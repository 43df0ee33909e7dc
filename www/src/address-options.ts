/** What the page's address asks for besides settings: `?workers=N` and `?block=N`. */
import type { Notice } from "./notices.ts";
import type { TiledSizes } from "./wasm/nucleoscope.js";

/** What was asked for; undefined leaves it to the program. */
export interface AddressOptions {
  readonly workers: number | undefined;
  readonly sizes: TiledSizes | undefined;
  /** What was asked for and cannot be had. */
  readonly notices: Notice[];
}

/** `?workers=N` says how many images are worked on at the same time. */
const workers = { name: "workers", minimum: 1, maximum: 16 };

/**
 * `?block=N` works on images of more than N × N pixels in blocks of that size, to save memory. A smaller
 * block would be margin only, and so large an image is refused anyway.
 */
const block = { name: "block", minimum: 320, maximum: 16_384 };

/** The options in the query of an address. */
export function optionsIn(search: string): AddressOptions {
  const parameters = new URLSearchParams(search);
  const notices: Notice[] = [];
  const numberOf = ({ name, minimum, maximum }: typeof workers): number | undefined => {
    const text = parameters.get(name);
    if (text === null) return undefined;
    const asked = text.trim() === "" ? Number.NaN : Number(text);
    if (Number.isInteger(asked) && asked >= minimum && asked <= maximum) return asked;
    notices.push({
      message: `The address of this page asks for ${name}=${text}, which is not a whole number from ${minimum} to ${maximum}`,
      help: "What suits this computer is used instead.",
    });
    return undefined;
  };
  const side = numberOf(block);
  return {
    workers: numberOf(workers),
    sizes: side === undefined ? undefined : { largestWhole: side * side, longestBlock: side },
    notices,
  };
}
