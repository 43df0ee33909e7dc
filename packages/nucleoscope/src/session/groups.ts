/** The groups (conditions) of images, such as control and treated: from folders, from file names, or set by hand. */
import * as text from "../text.ts";

/** How the groups of images are found from their paths. */
export type GroupRule =
  | { readonly kind: "none" }
  /** The first folder in which the paths differ, if that gives groups of more than one image. */
  | { readonly kind: "folder" }
  /** A template such as `{group}_*`: `{group}` stands for the group, `*` for any text. */
  | { readonly kind: "template"; readonly template: string }
  /** A regular expression: its group named `group`, otherwise its first one. */
  | { readonly kind: "expression"; readonly expression: string };

/** The user's change of groups. */
export type GroupChange =
  /** The groups of all images by a rule, also of those whose group was set by hand before. */
  | { readonly kind: "rule"; readonly rule: GroupRule }
  /** The group of the images with these paths; an empty name means no group. */
  | { readonly kind: "hand"; readonly paths: ReadonlySet<string>; readonly name: string };

/** An image's group, and whether it was set by hand, so that no rule changes it. */
export interface Grouped {
  readonly path: string;
  /** Empty if the image is in none; null if none was found by folder. As in a record. */
  group: string | null;
  hasOwnGroup: boolean;
}

/** The groups of images in the order of their paths, or why the rule cannot be used. */
export type GroupsFound = { readonly groups: readonly (string | null)[] } | { readonly problem: string };

/** The groups of images with these paths. */
export function groupsOf(paths: readonly string[], rule: GroupRule): GroupsFound {
  if (rule.kind === "none") return { groups: paths.map(() => null) };
  if (rule.kind === "folder") return { groups: groupsByFolder(paths) };
  const find = rule.kind === "template" ? templateOf(rule.template) : expressionOf(rule.expression);
  return typeof find === "string" ? { problem: find } : { groups: paths.map((path) => tidy(find(path))) };
}

/** Sets the groups of all images whose group was not set by hand; a rule that cannot be used changes nothing. */
export function regroup(images: readonly Grouped[], rule: GroupRule): void {
  const found = groupsOf(
    images.map(({ path }) => path),
    rule,
  );
  if ("problem" in found) return;
  for (const [place, image] of images.entries()) {
    if (!image.hasOwnGroup) image.group = found.groups[place] ?? (rule.kind === "folder" ? null : "");
  }
}

/** Sets the group of an image by hand; an empty name means no group. */
export function setGroup(image: Grouped, name: string): void {
  image.group = name.trim();
  image.hasOwnGroup = true;
}

/** One group, with the places of its images in the list. */
export interface Group {
  /** Null for the images without a group. */
  readonly name: string | null;
  readonly places: readonly number[];
}

/** The groups in the order of their names (2 before 10), the images without a group last. */
export function sortedGroups(groups: readonly (string | null)[]): Group[] {
  const places = new Map<string | null, number[]>();
  for (const [place, name] of groups.entries()) {
    const known = places.get(name);
    if (known === undefined) places.set(name, [place]);
    else known.push(place);
  }
  return [...places]
    .map(([name, found]) => ({ name, places: found }))
    .sort((left, right) => compareNames(left.name, right.name));
}

function compareNames(left: string | null, right: string | null): number {
  if (left === null || right === null) return Number(left === null) - Number(right === null);
  return text.collator.compare(left, right) || (left < right ? -1 : 1);
}

/** As `groups` in `src/export/tables.rs`. */
function groupsByFolder(paths: readonly string[]): (string | null)[] {
  const folders = paths.map((path) => partsOf(path).slice(0, -1));
  const [first = []] = folders;
  let common = 0;
  while (common < first.length && folders.every((folder) => folder[common] === first[common])) common++;
  const names = folders.map((folder) => folder[common] ?? null);
  const named = names.filter((name) => name !== null);
  return new Set(named).size < named.length ? names : names.map(() => null);
}

function partsOf(path: string): string[] {
  return path.split(/[/\\]/).filter((part) => part !== "");
}

/** A function from a path to its group, or why there is none. */
type Finder = ((path: string) => string | null) | string;

const mark = "{group}";

/**
 * The group by a template; as `GroupTemplate` in `src/export/conditions.rs`. The template describes the whole file
 * name without its extension or, if it contains a `/`, the last folders and the file name. The text before `{group}`
 * takes as much as possible, then the group as little as possible.
 */
function templateOf(template: string): Finder {
  const [before, after, ...more] = template.trim().replaceAll("\\", "/").split(mark);
  if (before === undefined || after === undefined || more.length > 0) {
    return text.groupTemplateHelp(mark);
  }
  const start = wholeOf(before);
  const end = wholeOf(after);
  const levels = (before + after).split("/").length;
  return (path) => {
    const parts = partsOf(path);
    if (parts.length < levels) return null;
    const name = withoutExtension(parts.slice(-levels).join("/"));
    for (let from = name.length - 1; from >= 0; from--) {
      if (!start.test(name.slice(0, from))) continue;
      for (let to = from + 1; to <= name.length; to++) {
        if (end.test(name.slice(to))) return name.slice(from, to);
      }
    }
    return null;
  };
}

/** An expression for a whole text in which `*` stands for any text. */
function wholeOf(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replace(/\*+/g, ".*")}$`, "u");
}

/** The name without its extension, and without `.ome` before that. */
function withoutExtension(name: string): string {
  return name.replace(/([^/])(\.ome)?\.[^./]+$/i, "$1");
}

function expressionOf(expression: string): Finder {
  let found: RegExp;
  try {
    found = new RegExp(expression, "u");
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const hasGroup = (new RegExp(`${expression}|`, "u").exec("") ?? []).length > 1;
  if (!hasGroup) return text.groupExpressionHelp;
  return (path) => {
    const match = found.exec(partsOf(path).join("/"));
    return match?.groups?.["group"] ?? match?.slice(1).find((part) => part !== undefined) ?? null;
  };
}

/** A name without spaces around it; null if nothing is left. */
function tidy(name: string | null): string | null {
  return name?.trim() || null;
}
