import * as text from "../text.ts";
import { groupsOf, sortedGroups, type GroupChange, type GroupRule } from "../session/groups.ts";
import { make, makeOption, setText } from "../ui/dom.ts";
import type { ConditionImage } from "./conditions.ts";
import { button } from "./chart.ts";

type Way = GroupRule["kind"] | "hand";

const ways: readonly (readonly [Way, string])[] = [
  ["folder", text.groupByFolder],
  ["template", text.groupByTemplate],
  ["expression", text.groupByExpression],
  ["hand", text.groupByHand],
  ["none", text.groupByNothing],
];

const help: Readonly<Record<Way, string>> = {
  folder: text.groupByFolderHelp,
  template: text.groupByTemplateHelp,
  expression: text.groupByExpressionHelp,
  hand: text.groupByHandHelp,
  none: text.groupByNothingHelp,
};

/** How many groups the preview shows, and how many examples of each. */
const shownGroups = 12;
const examples = 3;

let editors = 0;

/** Forms the groups of the images: by a rule, with a preview, or by hand. */
export class GroupEditor {
  readonly element = make("details", "group-editor");
  readonly #title = make("summary", "group-editor-title", text.groups);
  readonly #way = make("select", "");
  readonly #pattern = make("input", "");
  readonly #patternField = make("label", "field");
  readonly #help = make("p", "note");
  readonly #problem = make("p", "group-problem");
  readonly #preview = make("ul", "group-preview");
  readonly #apply: HTMLButtonElement;
  readonly #hand = make("div", "group-hand");
  readonly #list = make("div", "group-images");
  readonly #name = make("input", "");
  readonly #names = make("datalist", "");
  readonly #changed: (change: GroupChange) => void;
  #images: readonly ConditionImage[] = [];
  #selected: string | null = null;
  /** What the user typed, by kind of rule. */
  readonly #typed: Record<"template" | "expression", string> = { template: "{group}_*", expression: "^([^_]+)_" };
  /** Whether the user has chosen a way; until then, the editor shows the rule in use. */
  #isTouched = false;
  /** The images and groups in the list. */
  #listed = "";

  constructor(changed: (change: GroupChange) => void) {
    this.#changed = changed;
    const id = `group-editor-${++editors}`;
    this.#way.append(...ways.map(([value, words]) => makeOption(value, words)));
    this.#way.addEventListener("change", () => {
      this.#isTouched = true;
      this.#refresh();
    });
    const way = make("label", "field");
    way.append(make("span", "field-name", text.groupBy), this.#way);
    this.#pattern.type = "text";
    this.#pattern.autocomplete = "off";
    this.#pattern.spellcheck = false;
    this.#pattern.setAttribute("aria-describedby", `${id}-help ${id}-problem`);
    this.#patternField.append(make("span", "field-name", text.pattern), this.#pattern);
    this.#pattern.addEventListener("input", () => {
      const kind = this.#kind;
      if (kind === "template" || kind === "expression") this.#typed[kind] = this.#pattern.value;
      this.#refresh();
    });
    this.#pattern.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.#applyRule();
    });
    this.#help.id = `${id}-help`;
    this.#problem.id = `${id}-problem`;
    this.#problem.setAttribute("role", "status");
    this.#apply = button(text.applyToAll, () => this.#applyRule());
    this.#name.type = "text";
    this.#name.autocomplete = "off";
    this.#names.id = `${id}-names`;
    this.#name.setAttribute("list", this.#names.id);
    const name = make("label", "field");
    name.append(make("span", "field-name", text.groupOfTicked), this.#name);
    this.#name.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.#setByHand();
    });
    const actions = make("div", "chart-controls");
    actions.append(
      name,
      button(text.setGroup, () => this.#setByHand()),
    );
    this.#list.setAttribute("role", "group");
    this.#list.setAttribute("aria-label", text.images);
    this.#hand.append(this.#list, actions, this.#names);
    const controls = make("div", "chart-controls");
    controls.append(way, this.#patternField);
    const body = make("div", "group-editor-body");
    body.append(controls, this.#help, this.#problem, this.#preview, this.#apply, this.#hand);
    this.element.append(this.#title, body);
    this.element.addEventListener("toggle", () => this.#refresh());
  }

  /** Shows the images with their groups; `selected` is ticked when the list of images opens. */
  show(images: readonly ConditionImage[], rule: GroupRule, selected: string | null): void {
    this.#images = images;
    this.#selected = selected;
    if (!this.#isTouched) {
      this.#way.value = rule.kind;
      if (rule.kind === "template") this.#typed.template = rule.template;
      if (rule.kind === "expression") this.#typed.expression = rule.expression;
    }
    const named = sortedGroups(images.map(({ group }) => group)).flatMap(({ name }) => name ?? []);
    setText(this.#title, text.groupsNow(named));
    if (named.length === 0 && !this.#isTouched) this.element.open = true;
    this.#refresh();
  }

  get #kind(): Way {
    return ways.find(([way]) => way === this.#way.value)?.[0] ?? "folder";
  }

  get #rule(): GroupRule {
    const kind = this.#kind;
    if (kind === "template") return { kind, template: this.#pattern.value };
    if (kind === "expression") return { kind, expression: this.#pattern.value };
    return { kind: kind === "folder" ? "folder" : "none" };
  }

  /** Updates what depends on the way of grouping and the pattern. */
  #refresh(): void {
    if (!this.element.open) return;
    const kind = this.#kind;
    const hasPattern = kind === "template" || kind === "expression";
    this.#patternField.hidden = !hasPattern;
    if (hasPattern && this.#pattern.value !== this.#typed[kind]) this.#pattern.value = this.#typed[kind];
    setText(this.#help, help[kind]);
    const isByHand = kind === "hand";
    this.#hand.hidden = !isByHand;
    this.#preview.hidden = isByHand;
    this.#apply.hidden = isByHand;
    if (isByHand) this.#listImages();
    else this.#showPreview();
  }

  /** Shows which groups the rule gives, with examples; the images without one come last. */
  #showPreview(): void {
    const found = groupsOf(
      this.#images.map(({ path }) => path),
      this.#rule,
    );
    const problem = "problem" in found ? found.problem : "";
    setText(this.#problem, problem);
    this.#pattern.setAttribute("aria-invalid", String(problem !== ""));
    this.#apply.disabled = problem !== "";
    const groups = "groups" in found ? sortedGroups(found.groups) : [];
    this.#preview.replaceChildren(
      ...groups.slice(0, shownGroups).map(({ name, places }) => {
        const item = make("li", "");
        const names = places.slice(0, examples).map((place) => this.#images[place]?.name ?? "");
        item.append(
          make("strong", name === null ? "group-none" : "", name ?? text.noGroup),
          ` ${text.groupExamples(places.length, names)}`,
        );
        return item;
      }),
    );
    const more = groups.length - shownGroups;
    if (more > 0) this.#preview.append(make("li", "", text.moreGroups(more)));
  }

  #applyRule(): void {
    if (this.#apply.disabled) return;
    this.#changed({ kind: "rule", rule: this.#rule });
  }

  /** Lists all images with boxes; those that were ticked stay ticked, at first the selected one. */
  #listImages(): void {
    setText(this.#problem, "");
    const listed = JSON.stringify(this.#images.map(({ path, group }) => [path, group]));
    if (listed === this.#listed) return;
    this.#listed = listed;
    const boxes = [...this.#list.querySelectorAll("input")];
    const ticked = new Set(boxes.filter(({ checked }) => checked).map(({ value }) => value));
    if (boxes.length === 0 && this.#selected !== null) ticked.add(this.#selected);
    this.#list.replaceChildren(
      ...this.#images.map(({ path, name, group }) => {
        const label = make("label", "column-choice");
        const box = make("input", "");
        box.type = "checkbox";
        box.value = path;
        box.checked = ticked.has(path);
        label.append(box, make("bdi", "", name), make("bdi", "group-current", group ?? text.noGroup));
        return label;
      }),
    );
    this.#names.replaceChildren(
      ...sortedGroups(this.#images.map(({ group }) => group)).flatMap(({ name }) => {
        return name === null ? [] : [makeOption(name)];
      }),
    );
  }

  #setByHand(): void {
    const boxes = [...this.#list.querySelectorAll("input")].filter(({ checked }) => checked);
    if (boxes.length === 0) {
      setText(this.#problem, text.tickImage);
      return;
    }
    const paths = new Set(boxes.map(({ value }) => value));
    for (const box of boxes) box.checked = false;
    const name = this.#name.value;
    this.#name.value = "";
    this.#changed({ kind: "hand", paths, name });
  }
}
