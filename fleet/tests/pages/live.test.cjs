// The live page's script says what the page says, held against one file: `node --test fleet/tests/pages`.
"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { at, written, rows, phase } = require("../../src/live/live.js");
const page = require("./live.json");

test("figures are written as the page writes them", () => {
  assert.ok(page.figures.length > 30);
  for (const [place, as, text] of page.figures) {
    const value = at(page.frame, place);
    assert.notEqual(value, undefined, place);
    assert.equal(written(value, as), text, place);
  }
});

test("lists have the rows that the page has", () => {
  assert.deepEqual(Object.keys(rows).sort(), Object.keys(page.rows).sort());
  for (const [id, lines] of Object.entries(page.rows)) {
    assert.ok(lines.length > 0, id);
    assert.deepEqual(rows[id](page.frame), lines, id);
  }
});

test("how far the run has come is said in the words of the page", () => {
  assert.equal(phase(page.frame), page.phase);
});
