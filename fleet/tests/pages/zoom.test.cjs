// The arithmetic of the script that zooms, without a page: `node --test fleet/tests/pages`.
"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { within, scaled, selected, matrix, place, timeAt, ticks, valueAt } = require("../../src/report/html/zoom.js");

test("a view stays within the run and keeps its length", () => {
  assert.deepEqual(within([-5, 5], 30), [0, 10]);
  assert.deepEqual(within([25, 35], 30), [20, 30]);
  assert.deepEqual(within([-5, 50], 30), [0, 30]);
});

test("zooming leaves the instant under the cross-hair where it is", () => {
  const view = scaled([0, 40], 10, 0.5, 1, 40);
  assert.deepEqual(view, [5, 25]);
  assert.equal(place(10, view, 0, 100), place(10, [0, 40], 0, 100));
});

test("zooming in ends at the least, zooming out at the whole", () => {
  let view = [0, 40];
  for (let times = 0; times < 20; times += 1) view = scaled(view, 7, 0.5, 2, 40);
  assert.ok(Math.abs(view[1] - view[0] - 2) < 1e-9);
  for (let times = 0; times < 20; times += 1) view = scaled(view, 7, 2, 2, 40);
  assert.deepEqual(view, [0, 40]);
});

test("a selection counts in either direction, and a slip of the mouse does not", () => {
  assert.deepEqual(selected(20, 10, 1, 40), [10, 20]);
  assert.equal(selected(10, 10.5, 1, 40), null);
});

test("the matrix puts the ends of a view at the edges of the picture", () => {
  const [left, width, length] = [58, 554, 40];
  const view = [10, 20];
  const [factor, , , , shift] = matrix(view, length, left, width).slice(7, -1).split(" ").map(Number);
  const before = (at) => left + (at / length) * width;
  assert.ok(Math.abs(factor * before(10) + shift - left) < 1e-9);
  assert.ok(Math.abs(factor * before(20) + shift - left - width) < 1e-9);
});

test("places and instants are each other's inverse", () => {
  for (const at of [10, 12.5, 20]) {
    assert.ok(Math.abs(timeAt(place(at, [10, 20], 58, 554), [10, 20], 58, 554) - at) < 1e-9);
  }
  assert.equal(timeAt(-100, [10, 20], 58, 554), 10);
});

test("ticks are round, within the view, and have as many decimals as they need", () => {
  assert.deepEqual(ticks([16, 28], 1, 8).all, [16, 18, 20, 22, 24, 26, 28]);
  const fine = ticks([1.02, 1.98], 1, 8);
  assert.equal(fine.decimals, 1);
  assert.ok(fine.all.every((at) => at >= 1.02 && at <= 1.98) && fine.all.length > 3);
  assert.deepEqual(ticks([0, 600], 60, 5).all, [0, 2, 4, 6, 8, 10]);
});

test("values are those of the step that an instant is in", () => {
  const values = ["a", "b", "c"];
  assert.deepEqual([0, 0.24, 0.25, 0.74, 9].map((at) => valueAt(values, 0.25, at)), ["a", "a", "b", "c", "c"]);
});
