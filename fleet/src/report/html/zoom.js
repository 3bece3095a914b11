// Pictures over time can be zoomed into, and a cross-hair tells their values. The page is complete without it.
"use strict";
(() => {
  // Arithmetic. Times are seconds since the start; a view is the stretch of time that is shown.
  const clamp = (value, least, most) => Math.min(Math.max(value, least), most);
  const span = ([from, to]) => to - from;
  const within = (view, length) => {
    const wanted = Math.min(span(view), length);
    const from = clamp(view[0], 0, length - wanted);
    return [from, from + wanted];
  };
  // `view`, `factor` times as long; `at` stays where it is, and at least `least` is shown.
  const scaled = (view, at, factor, least, length) => {
    const wanted = clamp(span(view) * factor, Math.min(least, length), length);
    const share = (at - view[0]) / span(view);
    return within([at - share * wanted, at + (1 - share) * wanted], length);
  };
  const selected = (one, other, least, length) => {
    const [from, to] = [Math.min(one, other), Math.max(one, other)];
    return to - from >= least ? within([from, to], length) : null;
  };
  const matrix = (view, length, left, width) => {
    const factor = length / span(view);
    const shift = left - factor * left - (view[0] * width) / span(view);
    return `matrix(${factor} 0 0 1 ${shift} 0)`;
  };
  const place = (at, view, left, width) => left + ((at - view[0]) / span(view)) * width;
  const timeAt = (x, view, left, width) => view[0] + clamp((x - left) / width, 0, 1) * span(view);
  // Round times within `view`, about `count` of them, in units of `unit` seconds.
  const ticks = (view, unit, count) => {
    const rough = span(view) / unit / count;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((factor) => factor * power).find((own) => own >= rough * (1 - 1e-9));
    const all = [];
    for (let at = Math.ceil(view[0] / unit / step - 1e-9); at * step * unit <= view[1] + 1e-9; at += 1) all.push(at * step + 0);
    return { all, decimals: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
  };
  const valueAt = (values, step, at) => values[clamp(Math.floor(at / step + 1e-9), 0, values.length - 1)];
  if (typeof document === "undefined") {
    module.exports = { clamp, within, scaled, selected, matrix, place, timeAt, ticks, valueAt };
    return;
  }

  const SVG = "http://www.w3.org/2000/svg";
  const make = (parent, name, attributes, words = "") => {
    const made = parent.namespaceURI === SVG ? document.createElementNS(SVG, name) : document.createElement(name);
    Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
    made.textContent = words;
    return parent.appendChild(made);
  };
  const pictures = [...document.querySelectorAll("svg[data-length]")].map((svg) => {
    const [length, unit, left, right, top, bottom] =
      ["length", "unit", "left", "right", "top", "bottom"].map((key) => Number(svg.dataset[key]));
    const lines = [...svg.querySelectorAll("path[data-values]")].map((path) => ({
      name: path.dataset.name, step: Number(path.dataset.step), values: path.dataset.values.split("|"),
    }));
    const labels = [...svg.querySelectorAll("text.band-label")].map((text) => ({
      text, at: ((Number(text.getAttribute("x")) - left) / (right - left)) * length,
    }));
    const hair = make(svg, "path", { class: "hair", d: "" });
    const choice = make(svg, "rect", { class: "choice", y: top, height: bottom - top, width: 0 });
    const named = make(svg, "g", {});
    const box = svg.parentElement;
    const bar = make(box.parentElement, "p", { class: "zoom-bar" });
    box.after(bar);
    const values = make(bar, "span", { role: "status" });
    const reset = make(bar, "button", { type: "button", hidden: "" }, "show all of it");
    const hint = make(bar, "span", { class: "small" }, "Drag to zoom. With keys: ← → values, + − zoom, shift ← → move, 0 all of it.");
    return { svg, box, length, unit, unitName: svg.dataset.unitName, left, width: right - left, top, bottom, lines, labels, hair, choice, named, values, reset, hint };
  });
  if (pictures.length === 0) return;
  const length = Math.max(...pictures.map((own) => own.length));
  const least = Math.max(length / 200, ...pictures.flatMap((own) => own.lines.map((line) => line.step * 2)));
  let [view, hair, drag] = [[0, length], null, null];

  const drawAxis = (own) => {
    own.named.replaceChildren();
    own.svg.querySelector(".across").setAttribute("visibility", span(view) === length ? "visible" : "hidden");
    if (span(view) === length) return;
    const { all, decimals } = ticks(view, own.unit, 8);
    for (const at of all) {
      const x = place(at * own.unit, view, own.left, own.width);
      make(own.named, "path", { class: "axis", d: `M${x} ${own.bottom}v4` });
      make(own.named, "text", { class: "tick middle", x, y: own.bottom + 17 }, at.toFixed(decimals));
    }
  };
  const drawHair = (own) => {
    const shown = hair !== null && hair >= view[0] && hair <= view[1];
    const x = shown ? place(hair, view, own.left, own.width) : 0;
    own.hair.setAttribute("d", shown ? `M${x} ${own.top}V${own.bottom}` : "");
    const told = own.lines.map((line) => `${line.name} ${valueAt(line.values, line.step, hair ?? 0)}`);
    own.values.textContent = shown ? `${(hair / own.unit).toFixed(2)} ${own.unitName}: ${told.join(", ")}` : "";
    own.hint.hidden = shown;
  };
  const draw = () => {
    for (const own of pictures) {
      const turned = matrix(view, length, own.left, own.width);
      for (const drawn of own.svg.querySelectorAll(".zooms path, .zooms rect")) {
        drawn.setAttribute("transform", turned);
        drawn.setAttribute("vector-effect", "non-scaling-stroke");
      }
      for (const { text, at } of own.labels) {
        text.setAttribute("x", place(at, view, own.left, own.width));
        text.setAttribute("visibility", at >= view[0] && at <= view[1] ? "visible" : "hidden");
      }
      own.reset.hidden = span(view) === length;
      drawAxis(own);
      drawHair(own);
    }
  };
  const show = (next) => { view = next; draw(); };
  const point = (at) => { hair = at; pictures.forEach(drawHair); };

  for (const own of pictures) {
    const timeOf = (event) => {
      const shown = own.svg.getBoundingClientRect();
      const x = ((event.clientX - shown.left) / shown.width) * own.svg.viewBox.baseVal.width;
      return timeAt(x, view, own.left, own.width);
    };
    own.svg.addEventListener("pointerdown", (event) => {
      // A finger scrolls and points.
      if (event.button === 0 && event.pointerType !== "touch") {
        drag = timeOf(event);
        own.svg.setPointerCapture(event.pointerId);
      } else point(timeOf(event));
    });
    own.svg.addEventListener("pointermove", (event) => {
      const at = timeOf(event);
      if (event.pointerType !== "touch") point(at);
      const ends = drag === null ? [at, at] : [Math.min(drag, at), Math.max(drag, at)];
      const [from, to] = ends.map((end) => place(end, view, own.left, own.width));
      Object.entries({ x: from, width: to - from }).forEach(([key, value]) => own.choice.setAttribute(key, value));
    });
    const end = (event) => {
      const chosen = drag === null ? null : selected(drag, timeOf(event), least, length);
      drag = null;
      own.choice.setAttribute("width", 0);
      if (chosen && event.type === "pointerup") show(chosen);
    };
    own.svg.addEventListener("pointerup", end);
    own.svg.addEventListener("pointercancel", end);
    own.svg.addEventListener("pointerleave", () => { if (drag === null) point(null); });
    own.reset.addEventListener("click", () => { show([0, length]); own.box.focus(); });
    own.box.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const at = hair ?? (view[0] + view[1]) / 2;
      const direction = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      const step = Math.max(span(view) / 100, ...own.lines.map((line) => Math.min(line.step, span(view) / 4)));
      const moved = (by) => within([view[0] + by, view[1] + by], length);
      if (direction && event.shiftKey) show(moved((direction * span(view)) / 4));
      else if (direction) point(clamp(at + direction * step, view[0], view[1]));
      else if (event.key === "+" || event.key === "=") show(scaled(view, at, 0.5, least, length));
      else if (event.key === "-") show(scaled(view, at, 2, least, length));
      else if (event.key === "0" || event.key === "Escape") show([0, length]);
      else return;
      event.preventDefault();
    });
  }
})();
