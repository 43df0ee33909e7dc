import { plain } from "../plain-text.ts";
import * as text from "../text.ts";
import { columnIndex, columnValues } from "../results/measurement-table.ts";
import { byId, make, setText, type Root } from "../ui/dom.ts";
import type { MeasurementTable, PixelSize, Region } from "../wasm/nucleoscope.js";
import { areaOf, isInRegion } from "./region-geometry.ts";
import type { Size } from "./viewport.ts";

/** What the list shows of an image. */
export interface RegionFacts extends Size {
  readonly regions: readonly Region[];
  readonly pixelSize: PixelSize | null;
  /** The measurements of its nuclei, and by row 1 for those that count; null while they are not known. */
  readonly measured: { readonly table: MeasurementTable; readonly included: Uint8Array } | null;
}

interface Item {
  readonly element: HTMLElement;
  readonly name: HTMLInputElement;
  readonly facts: HTMLElement;
  readonly remove: HTMLButtonElement;
}

/** The regions of the selected image: their names, areas and nuclei. */
export class RegionList {
  readonly #section: HTMLElement;
  readonly #list: HTMLElement;
  readonly #changed: (regions: readonly Region[]) => void;
  #items: Item[] = [];
  #regions: readonly Region[] = [];

  /** `changed` is called with the regions after one was renamed or removed. */
  constructor(root: Root, changed: (regions: readonly Region[]) => void) {
    this.#section = byId(root, "regions", HTMLElement);
    this.#list = byId(root, "region-list", HTMLElement);
    this.#changed = changed;
  }

  /** Shows the regions of an image; without any, the list is hidden. */
  show(facts: RegionFacts | null): void {
    this.#regions = facts?.regions ?? [];
    this.#section.hidden = this.#regions.length === 0;
    for (const { element } of this.#items.splice(this.#regions.length)) element.remove();
    while (this.#items.length < this.#regions.length) this.#items.push(this.#makeItem(this.#items.length));
    this.#regions.forEach((region, index) => {
      const item = this.#items[index];
      if (item === undefined || facts === null) return;
      if (!item.name.matches(":focus")) item.name.value = region.name ?? "";
      setText(item.facts, factsOf(region, facts));
      item.remove.setAttribute("aria-label", plain(text.removeRegion(region.name, index)));
    });
  }

  #makeItem(index: number): Item {
    const element = make("li", "");
    const name = make("input", "");
    name.type = "text";
    name.placeholder = text.defaultRegionName(index);
    name.setAttribute("aria-label", text.regionNameField(index));
    name.addEventListener("change", () => this.#rename(index, name.value.trim()));
    const facts = make("span", "region-facts");
    const remove = make("button", "quiet", text.remove);
    remove.type = "button";
    remove.addEventListener("click", () => this.#remove(index));
    element.append(name, remove, facts);
    this.#list.append(element);
    return { element, name, facts, remove };
  }

  #rename(index: number, name: string): void {
    this.#changed(
      this.#regions.map((region, position) => {
        if (position !== index) return region;
        const { name: _, ...unnamed } = region;
        return name === "" ? unnamed : { ...unnamed, name };
      }),
    );
  }

  #remove(index: number): void {
    this.#changed(this.#regions.filter((_, position) => position !== index));
    // The button that had the focus may be gone: the next one, or the last.
    (this.#items[index] ?? this.#items.at(-1))?.remove.focus();
  }
}

function factsOf(region: Region, { width, height, pixelSize, measured }: RegionFacts): string {
  const area = areaOf(region, { width, height });
  const facts = [`${text.number(area)} px²`];
  if (pixelSize !== null) facts.push(`${text.precise((area * pixelSize.x * pixelSize.y) / 1e6, 3)} mm²`);
  if (measured !== null) facts.push(text.nucleusCount(countIn(region, measured)));
  return facts.join(" · ");
}

/** The nuclei that count and have their centroid in a region. */
function countIn(region: Region, { table, included }: NonNullable<RegionFacts["measured"]>): number {
  const [x, y] = ["centroid_x_px", "centroid_y_px"].map((key) => columnValues(table, columnIndex(table, key)));
  // In the table, the centre of the first pixel is at 0; in a region, at 0.5.
  return included.reduce(
    (sum, counts, row) =>
      sum + (counts === 1 && isInRegion(region, [(x?.[row] ?? 0) + 0.5, (y?.[row] ?? 0) + 0.5]) ? 1 : 0),
    0,
  );
}
