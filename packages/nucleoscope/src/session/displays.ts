import type { ChannelDisplay, StackInfo } from "../wasm/nucleoscope.js";

/** How channels are drawn, by {@link displayKey}. */
export type SharedDisplays = Readonly<Record<string, readonly ChannelDisplay[]>>;

/** The key of images that are drawn alike: those with the same channels, and all with one channel or in colour. */
export function displayKey(stack: StackInfo | null): string {
  return stack === null || stack.displays.length < 2 ? "" : stack.channels.map(({ name }) => name).join("\n");
}
