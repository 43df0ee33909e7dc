import { make, makeSvg } from "../ui/dom.ts";
import * as text from "../text.ts";
import { save } from "../ui/save.ts";
import { button } from "./chart.ts";

/** The parts of a chart, one above the other. */
export interface ChartParts {
  readonly svg: SVGSVGElement;
  readonly canvas: HTMLCanvasElement;
  /** The list with a mark and a name for each series, drawn below the chart. */
  readonly legend: HTMLElement;
}

/** What style sheets set, to be kept in a picture that has none. */
const properties = [
  "display",
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-width",
  "stroke-opacity",
  "stroke-dasharray",
  "opacity",
  "font-family",
  "font-size",
  "font-weight",
  "text-anchor",
];

/** How many pixels of a picture there are for one CSS pixel of the chart. */
const density = 2;

/** The space before and below the legend in a picture, in CSS pixels. */
const legendMargin = 12;

/** The buttons to copy and save a chart; `nameOf` returns the name of the files, without an extension. */
export function exportButtons(parts: () => ChartParts, nameOf: () => string): HTMLElement {
  const group = make("div", "chart-export");
  const copied = make("span", "note");
  copied.setAttribute("aria-live", "polite");
  const report = (words: string): void => {
    copied.textContent = words;
    setTimeout(() => copied.replaceChildren(), 4000);
  };
  const savePng = async (): Promise<void> => save(`${nameOf()}.png`, await pngOf(parts()));
  group.append(
    button(text.copyChart, () => {
      copy(pngOf(parts())).then(
        () => report(text.chartCopied),
        // Without permission, or in a browser that cannot copy pictures.
        () => void savePng().then(() => report(text.chartSaved)),
      );
    }),
    button(text.savePng, () => void savePng()),
    button(text.saveSvg, () => save(`${nameOf()}.svg`, new Blob([svgOf(parts())], { type: "image/svg+xml" }))),
    copied,
  );
  return group;
}

async function copy(png: Promise<Blob>): Promise<void> {
  await navigator.clipboard.write([new ClipboardItem({ "image/png": png })]);
}

/** A chart as an SVG that looks the same without style sheets. */
export function svgOf({ svg, canvas, legend }: ChartParts): string {
  const { width, height } = svg.getBoundingClientRect();
  const copied = svg.cloneNode(true) as SVGSVGElement;
  const originals = [svg, ...svg.querySelectorAll("*")];
  const copies = [copied, ...copied.querySelectorAll("*")];
  originals.forEach((original, index) => {
    const target = copies[index];
    if (target === undefined) return;
    const style = getComputedStyle(original);
    for (const property of properties) target.setAttribute(property, style.getPropertyValue(property));
  });
  for (const unseen of copied.querySelectorAll("[hidden], .overlay, .handle")) unseen.remove();
  const size = { width: String(width), height: String(height) };
  const whole = { width: size.width, height: String(heightOf({ svg, legend })) };
  const back = makeSvg("rect", "");
  setAll(back, { ...whole, fill: getComputedStyle(svg).getPropertyValue("--panel").trim() || "white" });
  copied.prepend(back);
  if (canvas.width > 0 && canvas.height > 0) {
    const image = makeSvg("image", "");
    setAll(image, { ...size, href: canvas.toDataURL() });
    back.after(image);
  }
  copied.append(...[...legend.children].flatMap((item) => legendEntry(item, legend, height)));
  setAll(copied, { ...whole, viewBox: `0 0 ${whole.width} ${whole.height}` });
  return new XMLSerializer().serializeToString(copied);
}

/** The height of a chart with its legend. */
function heightOf({ svg, legend }: Pick<ChartParts, "svg" | "legend">): number {
  return svg.getBoundingClientRect().height + legend.getBoundingClientRect().height + legendMargin;
}

/** The mark and the name of a series, below a chart of this height. */
function legendEntry(item: Element, legend: HTMLElement, height: number): SVGElement[] {
  const key = item.firstElementChild ?? item;
  const origin = legend.getBoundingClientRect();
  const { left, top, width } = key.getBoundingClientRect();
  const { backgroundColor, borderColor } = getComputedStyle(key);
  const { color, fontFamily, fontSize } = getComputedStyle(item);
  const [x, y] = [left - origin.left + legendMargin, top - origin.top + height];
  const mark = makeSvg("rect", "");
  setAll(mark, { x: `${x + 1}`, y: `${y + 1}`, width: `${width - 2}`, height: `${width - 2}`, rx: "2" });
  setAll(mark, { fill: backgroundColor, stroke: borderColor, "stroke-width": "2" });
  const name = makeSvg("text", "");
  setAll(name, { x: `${x + width + 4}`, y: `${y + width - 1}`, fill: color });
  setAll(name, { "font-family": fontFamily, "font-size": fontSize });
  name.textContent = item.textContent.trim();
  return [mark, name];
}

/** A chart as a PNG. */
export async function pngOf(parts: ChartParts): Promise<Blob> {
  const { width } = parts.svg.getBoundingClientRect();
  const height = heightOf(parts);
  const address = URL.createObjectURL(new Blob([svgOf(parts)], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = make("canvas", "");
    canvas.width = Math.round(width * density);
    canvas.height = Math.round(height * density);
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) =>
      canvas.toBlob((png) => (png === null ? reject(new Error("the chart is too large")) : resolve(png))),
    );
  } finally {
    URL.revokeObjectURL(address);
  }
}

function setAll(element: Element, attributes: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}
