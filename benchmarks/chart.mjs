/** The comparisons as a bar chart, relative to their targets. */
import { rowOf } from "./rows.mjs";

const width = 900;
const left = 370;
const right = 150;
const rowHeight = 26;
const top = 64;
const bottom = 40;
/** The end of the scale, as a multiple of the target; longer bars are cut. */
const longest = 1.5;

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const place = (share) => left + (Math.min(share, longest) / longest) * (width - left - right);
const coordinate = (value) => Number(value.toFixed(1));

/** A value as a multiple of its target: smaller is better for every row. */
export function shareOfTarget({ better, target }, value) {
  return better === "higher" ? target / value : value / target;
}

function words({ ours, unit, ratio, better }) {
  if (ratio !== null) return `${better === "higher" ? "× " : ""}${ratio.toFixed(2)}`;
  return unit === "" ? ours.toExponential(1) : `${ours.toLocaleString("en", { maximumSignificantDigits: 3 })} ${unit}`;
}

function bar(comparison, index) {
  const { name, peer, ours, ratio, target, aim, better, unit, met } = comparison;
  const y = top + index * rowHeight;
  const middle = y + rowHeight / 2;
  const share = shareOfTarget(comparison, ratio ?? ours);
  const label = peer === null ? rowOf(name).what : `${rowOf(name).what} / ${peer}`;
  const end = coordinate(place(share));
  const parts = [
    `<text class="ink" x="${left - 10}" y="${middle + 4}" text-anchor="end">${escaped(label)}</text>`,
    `<rect class="${met ? "met" : "missed"}" x="${left}" y="${y + 5}" width="${coordinate(end - left)}" height="${rowHeight - 10}" rx="2"/>`,
  ];
  if (aim !== null) {
    const x = coordinate(place(shareOfTarget(comparison, aim)));
    parts.push(`<line class="aim" x1="${x}" x2="${x}" y1="${y + 3}" y2="${y + rowHeight - 3}"/>`);
  }
  const sign = better === "higher" ? "≥" : "≤";
  const goal = ratio === null && unit !== "" ? `${target} ${unit}` : `${target}`;
  parts.push(
    `<text class="ink" x="${width - right + 10}" y="${middle + 4}">${escaped(words(comparison))}<tspan class="faint"> (${sign} ${goal})</tspan></text>`,
  );
  return parts.join("\n");
}

/** The chart as SVG; it follows the reader's light or dark colour scheme. */
export function chart(results) {
  const comparisons = results.comparisons.filter(({ target }) => target !== null);
  const height = top + comparisons.length * rowHeight + bottom;
  const needed = coordinate(place(1));
  const base = height - bottom;
  const ticks = [0, 0.5, 1, 1.5].map((share) => {
    const x = coordinate(place(share));
    return `<text class="faint" x="${x}" y="${base + 18}" text-anchor="middle">${share === longest ? `${share} or more` : share}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title description">
<title id="title">Each figure relative to its target</title>
<desc id="description">One bar for each comparison, as a multiple of its target: shorter is better, and a bar that ends left of the line at 1 meets the target.</desc>
<style>
svg { --paper: #ffffff; --ink: #1f2328; --faint: #59636e; --met: #0072b2; --missed: #d55e00; }
@media (prefers-color-scheme: dark) { svg { --paper: #0d1117; --ink: #e6edf3; --faint: #9198a1; --met: #56b4e9; --missed: #e69f00; } }
text { font: 12px system-ui, "Segoe UI", "Liberation Sans", Arial, sans-serif; fill: var(--ink); }
.title { font-size: 15px; font-weight: 600; }
.faint { fill: var(--faint); }
.paper { fill: var(--paper); }
.met { fill: var(--met); }
.missed { fill: var(--missed); }
.needed { stroke: var(--ink); stroke-width: 1.5; }
.aim { stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 2 2; }
</style>
<rect class="paper" width="${width}" height="${height}"/>
<text class="title" x="16" y="26">As a multiple of the target (shorter is better)</text>
<text class="faint" x="16" y="46">Line: needed. Dotted: aimed at. Blue: reached. Orange: not reached.</text>
${comparisons.map(bar).join("\n")}
<line class="needed" x1="${needed}" x2="${needed}" y1="${top - 4}" y2="${base + 4}"/>
${ticks.join("\n")}
</svg>
`;
}
