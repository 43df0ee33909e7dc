/** Groups of images from folders, file names and by hand. */
import assert from "node:assert/strict";
import { describe, test } from "vitest";
import {
  groupsOf,
  regroup,
  setGroup,
  sortedGroups,
  type GroupRule,
} from "../../packages/nucleoscope/src/session/groups.ts";

/** The groups by a rule that can be used. */
function found(rule: GroupRule, ...paths: string[]): readonly (string | null)[] {
  const groups = groupsOf(paths, rule);
  assert.ok("groups" in groups, "problem" in groups ? groups.problem : "");
  return groups.groups;
}

function problem(rule: GroupRule): string {
  const groups = groupsOf(["a_1.tif"], rule);
  return "problem" in groups ? groups.problem : "";
}

const template = (text: string): GroupRule => ({ kind: "template", template: text });
const expression = (text: string): GroupRule => ({ kind: "expression", expression: text });

describe("by folder", () => {
  const folder: GroupRule = { kind: "folder" };

  test("the first folder in which the paths differ names the group", () => {
    const paths = ["plate/control/1/a.tif", "plate/control/2/b.tif", "plate/treated/c.tif", "plate/d.tif"];
    assert.deepEqual(found(folder, ...paths), ["control", "control", "treated", null]);
  });

  test("there are no groups if each would have one image", () => {
    assert.deepEqual(found(folder, "set/a/1.tif", "set/b/1.tif"), [null, null]);
    assert.deepEqual(found(folder, "1.tif", "2.tif"), [null, null]);
    assert.deepEqual(found(folder), []);
  });
});

describe("by a template", () => {
  test("{group} is the shortest text that fits", () => {
    assert.deepEqual(found(template("{group}_*"), "x/control_a_01.tif", "treated_02.ome.tif", "plain.png"), [
      "control",
      "treated",
      null,
    ]);
    assert.deepEqual(found(template("*_{group}"), "01_a_control.tif"), ["control"]);
    assert.deepEqual(found(template("*_{group}_*"), "2024_e1_control_01.png"), ["control"]);
  });

  test("other characters stand for themselves", () => {
    assert.deepEqual(found(template("a.(b)+{group}-*"), "a.(b)+c-1.tif", "aX(b)+c-1.tif"), ["c", null]);
    assert.deepEqual(found(template("{group}"), "dose 2.tif", ".tif"), ["dose 2", ".tif"]);
  });

  test("a slash stands for the border of a folder", () => {
    const paths = ["plate/control/1.tif", "plate/treated/1.tif", "1.tif"];
    assert.deepEqual(found(template("{group}/*"), ...paths), ["control", "treated", null]);
    assert.deepEqual(found(template("{group}/*/*"), ...paths), ["plate", "plate", null]);
    assert.deepEqual(found(template("*/{group}"), "a/b/c.tif"), ["c"]);
  });

  test("without {group}, or with two, it is refused", () => {
    for (const text of ["", "*_control", "{group}_{group}"]) assert.match(problem(template(text)), /once/);
  });
});

describe("by a regular expression", () => {
  test("the first capture group, or the one named group, is the group", () => {
    assert.deepEqual(found(expression("(control|treated)"), "plate/control1.tif", "treated/2.tif", "3.tif"), [
      "control",
      "treated",
      null,
    ]);
    assert.deepEqual(found(expression("(\\d+)_(?<group>[a-z]+)"), "12_dmso_1.tif"), ["dmso"]);
    assert.deepEqual(found(expression("(a)|(b)"), "b.tif"), ["b"]);
  });

  test("an invalid expression, or one without a capture group, is refused", () => {
    assert.match(problem(expression("(")), /./);
    assert.match(problem(expression("control")), /parentheses/);
  });
});

test("spaces around a name are dropped; an empty name is no group", () => {
  assert.deepEqual(found(template("{group}_*"), " control _1.tif", " _2.tif"), ["control", null]);
});

test("a group that was set by hand stays", () => {
  const images = ["a_1", "a_2", "b_1"].map((path) => ({ path, group: null as string | null, hasOwnGroup: false }));
  const [first, second] = images;
  assert.ok(first !== undefined && second !== undefined);
  setGroup(first, " mine ");
  setGroup(second, "  ");
  regroup(images, template("{group}_*"));
  assert.deepEqual(
    images.map(({ group }) => group),
    ["mine", "", "b"],
  );
  regroup(images, template("no mark"));
  assert.equal(images[2]?.group, "b", "a rule that cannot be used changes nothing");
});

test("groups are ordered by name, numbers by size, and images without a group come last", () => {
  const groups = ["dose 10", null, "dose 2", "dose 10"];
  assert.deepEqual(sortedGroups(groups), [
    { name: "dose 2", places: [2] },
    { name: "dose 10", places: [0, 3] },
    { name: null, places: [1] },
  ]);
});
