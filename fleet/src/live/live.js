// Keeps the page up to date from the frames of /events. Everything is written as text, never as markup.
"use strict";

const whole = (value) => Math.round(value).toLocaleString("en-US");

// A number as the page has it: decimals only where it is small.
function number(value) {
  const size = Math.abs(value);
  if (size >= 100 || Math.abs(value - Math.round(value)) < 1e-9) return whole(value);
  const decimals = size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return value.toFixed(decimals).replace(/0+$/, "").replace(/\.$/, "");
}

function interval(ms) {
  if (ms < 1) return `${whole(ms * 1000)} µs`;
  if (ms < 1000) return `${number(ms)} ms`;
  if (ms < 120000) return `${number(ms / 1000)} s`;
  return `${number(ms / 60000)} min`;
}

const words = {
  count: whole,
  rate: whole,
  seconds: (value) => whole(Math.floor(value)),
  ms: (value) => (value === null ? "-" : interval(value)),
  tenths: (value) => value.toFixed(1),
  mebibytes: (value) => `${Math.round(value / 1048576)} MiB`,
  reading: (value) => (value === null ? "-" : (value.at_least ? ">" : "") + interval(value.value)),
  list: (value) => value.join(", "),
  accounts: (value) => value.map(([name, count]) => `${name} ${whole(count)}`).join(", ") || "none",
};

const rows = {
  thresholds: (frame) => frame.thresholds.map((one) => [one.state, one.what]),
  errors: (frame) =>
    frame.errors.map((one) => {
      const code = one.code === null ? "" : ` ${one.code}`;
      return ["", `${whole(one.count)} ${one.transport} ${one.kind}${code}: ${one.example}`];
    }),
  faults: (frame) =>
    frame.faults.map((one) => {
      const second = words.seconds;
      const until = one.for_s === null ? "" : ` to ${second(one.at_s + one.for_s)} s`;
      return [one.state, `${one.target}: ${one.name}, from ${second(one.at_s)} s${until}, ${whole(one.applied)} times`];
    }),
  interventions: (frame) => frame.interventions.map((one) => [`${one.at_s.toFixed(1)} s`, one.what]),
};

const at = (frame, path) => path.split(".").reduce((value, key) => (value == null ? value : value[key]), frame);

// A figure in the words of the page.
function written(value, as) {
  const write = words[as];
  return write ? write(value) : String(value);
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function fill(list, lines) {
  const items = lines.map(([state, text]) => {
    const item = document.createElement("li");
    if (state) {
      const mark = document.createElement("span");
      mark.className = `state ${state.replaceAll(" ", "-")}`;
      mark.textContent = state;
      item.append(mark, " ");
    }
    item.append(text);
    return item;
  });
  if (items.length === 0) {
    const none = document.createElement("li");
    none.className = "none";
    none.textContent = "none";
    items.push(none);
  }
  list.replaceChildren(...items);
}

function chart(minute) {
  const [width, height, seconds] = [600, 120, 60];
  const top = Math.max(1, ...minute.flatMap((one) => [one.delivered, one.messages]));
  for (const key of ["delivered", "messages"]) {
    const points = minute.map((one, place) => {
      const x = ((seconds - minute.length + place) / (seconds - 1)) * width;
      return `${x.toFixed(1)},${(height - (one[key] / top) * (height - 4) - 2).toFixed(1)}`;
    });
    document.getElementById(`line-${key}`).setAttribute("points", points.join(" "));
  }
  write(document.getElementById("top"), whole(top));
}

function phase(frame) {
  if (frame.phase === "over" && frame.verdict) return `over: ${frame.verdict}`;
  return frame.factor === 1 ? frame.phase : `${frame.phase} x${frame.factor}`;
}

function show(frame) {
  document.title = `${frame.name} - fleet`;
  for (const element of document.querySelectorAll("[data-at]")) {
    const value = at(frame, element.dataset.at);
    if (value !== undefined) write(element, written(value, element.dataset.as));
  }
  for (const list of document.querySelectorAll("[data-rows]")) {
    const lines = rows[list.dataset.rows](frame);
    const text = JSON.stringify(lines);
    if (list.shown !== text) {
      list.shown = text;
      fill(list, lines);
    }
  }
  chart(frame.minute);
  const { lag_p99_ms: lag, lag_budget_ms: budget } = frame.generator;
  document.getElementById("late").hidden = lag === null || lag <= budget;
  write(document.getElementById("phase"), phase(frame));
  const course = document.getElementById("course");
  course.value = frame.duration_s > 0 ? Math.min(1, frame.elapsed_s / frame.duration_s) : 0;
}

function notice(text) {
  const element = document.getElementById("notice");
  element.hidden = text === "";
  write(element, text);
}

function listen() {
  const source = new EventSource("/events");
  source.addEventListener("snapshot", (event) => {
    notice("");
    show(JSON.parse(event.data));
  });
  source.addEventListener("over", (event) => {
    source.close();
    show(JSON.parse(event.data));
    notice("The run is over. These are its last figures; all of them are in its run directory, in report.html.");
  });
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) {
      notice("There is no news any more: the run has ended, or too many look on. Reload the page to try again.");
    } else {
      notice("There is no news at the moment: the run has ended, or does not answer. These are the last figures.");
    }
  });
}

if (typeof document === "undefined") {
  module.exports = { at, written, rows, phase };
} else {
  listen();
}
