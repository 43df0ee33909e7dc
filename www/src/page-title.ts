import type { NucleoScopeElement } from "../../packages/nucleoscope/src/nucleo-scope.ts";
import * as text from "../../packages/nucleoscope/src/text.ts";

/** Shows the progress of an element's work in the page's title and icon, and its end until the page is seen. */
export function followProgress(element: NucleoScopeElement): void {
  const { title } = document;
  const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
  const plain = icon?.href ?? "";
  const show = (words: string, address: string): void => {
    if (document.title !== words) document.title = words;
    if (icon !== null && icon.href !== address) icon.href = address;
  };
  let shown = -1;
  /** The share that the icon shows, in steps of 5 %. */
  let drawn = -1;
  element.addEventListener("progress", ({ detail: { done, total, fraction } }) => {
    const isRunning = done < total;
    const percent = isRunning ? Math.floor(100 * fraction) : 100;
    if (percent === shown) return;
    shown = percent;
    if (isRunning) {
      // An icon shows no smaller steps, and each takes several milliseconds.
      const step = Math.floor(percent / 5);
      const address = step === drawn ? (icon?.href ?? "") : ring(fraction);
      drawn = step;
      show(`${percent} % · ${title}`, address);
      return;
    }
    drawn = -1;
    if (document.hidden) show(`${text.imageStates.done} · ${title}`, plain);
    else show(title, plain);
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && shown === 100) show(title, plain);
  });
}

/** An icon with the share that is done as a part of a ring. */
function ring(fraction: number): string {
  const canvas = document.createElement("canvas");
  const side = 32;
  canvas.width = side;
  canvas.height = side;
  const context = canvas.getContext("2d");
  if (context === null) return "";
  const half = side / 2;
  context.lineWidth = 6;
  const draw = (colour: string, share: number): void => {
    context.beginPath();
    context.strokeStyle = colour;
    context.arc(half, half, half - 4, -Math.PI / 2, -Math.PI / 2 + 2 * Math.PI * share);
    context.stroke();
  };
  draw("#9fb3bd", 1);
  draw("#0b6670", fraction);
  return canvas.toDataURL();
}
