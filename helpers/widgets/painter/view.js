/* The mask painter's page: a toolbar, the image with its mask in stripes, a line with the state, and the zoom.
 *
 * One Painting (state.js) belongs to a widget; each place where the widget is shown is a View of it, with a
 * zoom and a brush position of its own. */

const STEPS = [0.125, 0.25, 0.375, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8];
const LARGEST_BRUSH = 256; // pixels
const TALLEST = 620; // CSS pixels of the frame in which the picture lies, and what part of a low window it may take
const PART = 0.65;
const TOOL_KEYS = { b: "brush", e: "eraser", r: "box", t: "eraser box", h: "move" };
const ICONS = {
  brush: "M3 13c2 0 1.5-3 3.5-3S9 13 6.5 14 3 13 3 13zM7 9.5 13 3l.500.5L8.5 11",
  eraser: "M6 13 2.5 9.5 9 3l4 4-6 6zM5.5 6.5l4 4M6 13h7.5",
  box: "M2.5 4h11v8h-11zM4 10l4-6M7 12l5-8M11 12l2.5-4",
  "eraser box": "M2.5 4h11v8h-11zM6 6l4 4M10 6l-4 4",
  move: "M8 2v12M2 8h12M6 4l2-2 2 2M6 12l2 2 2-2M4 6 2 8l2 2M12 6l2 2-2 2",
  undo: "M6 3 3 6l3 3M3 6h6a4 4 0 0 1 0 7.5H6",
  redo: "M10 3l3 3-3 3M13 6H7a4 4 0 0 0 0 7.5h3",
};

function made(tag, classes, attributes = {}, ...children) {
  const element = document.createElement(tag);
  if (classes) element.className = classes;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function icon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS("http://www.w3.org/2000/svg", "path"));
  svg.firstChild.setAttribute("d", path);
  return svg;
}

/** One place where the painter is shown. */
class View {
  constructor(model, painting, el) {
    Object.assign(this, { model, painting, el });
    this.zoom = 1;
    this.fits = true;
    this.spot = [Math.floor(painting.width / 2), Math.floor(painting.height / 2)]; // of the brush, in picture pixels
    this.fingers = new Map();
    this.stop = new AbortController(); // ends every listener on the page when the view goes
    el.classList.add("mask-painter");
    el.setAttribute("role", "group");
    el.setAttribute("aria-label", this.label("painter"));
    el.append(this.toolbar(), this.frame(), this.below());
    this.listen();
    this.redraw(painting.whole);
  }

  label(key, values = {}) {
    return (this.model.get("labels")[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
  }

  on(target, names, work, options = {}) {
    for (const name of names.split(" ")) target.addEventListener(name, work, { signal: this.stop.signal, ...options });
  }

  set(name, value) {
    this.model.set(name, value);
    this.model.save_changes();
  }

  // ---- what is on the page

  button(key, work, { classes = "", text = this.label(key), help = this.label(`${key} help`), keys = "" } = {}) {
    const button = made("button", `mp-button ${classes}`, { type: "button", title: keys ? `${help} (${keys})` : help });
    if (ICONS[key]) button.append(icon(ICONS[key]));
    button.append(text);
    if (keys) button.setAttribute("aria-keyshortcuts", keys);
    this.on(button, "click", work);
    return button;
  }

  group(key, ...children) {
    return made("div", "mp-group", { role: "group", "aria-label": this.label(key) }, ...children);
  }

  slider(trait, low, high, shown) {
    const input = made("input", "", { type: "range", min: low, max: high, "aria-label": this.label(trait.key) });
    const value = made("span", "mp-value");
    const update = () => {
      input.value = this.model.get(trait.name);
      value.textContent = shown(input.value);
      input.setAttribute("aria-valuetext", value.textContent);
      this.refresh();
    };
    this.on(input, "input", () => {
      this.model.set(trait.name, Number(input.value));
    });
    this.on(input, "change", () => this.model.save_changes());
    this.hear(`change:${trait.name}`, update);
    this.later = [...(this.later ?? []), update];
    return made("label", "mp-slider", {}, made("span", "", {}, this.label(trait.key)), input, value);
  }

  hear(event, work) {
    this.model.on(event, work);
    this.stop.signal.addEventListener("abort", () => this.model.off(event, work));
  }

  toolbar() {
    this.tools = {};
    for (const [key, tool] of Object.entries(TOOL_KEYS)) {
      this.tools[tool] = this.button(tool, () => this.set("tool", tool), { keys: key.toUpperCase() });
    }
    const { painting } = this;
    this.undo = this.button("undo", () => painting.step(false), { keys: "Control+Z" });
    this.redo = this.button("redo", () => painting.step(true), { keys: "Control+Y" });
    const percent = (number) => this.label("percent", { number });
    this.zoomed = made("span", "mp-value mp-zoom");
    this.row = made("div", "mp-toolbar", {},
      made("div", "mp-row", {},
        this.group("tools", ...Object.values(this.tools)),
        this.group("changes", this.undo, this.redo,
          this.button("clear", () => this.fill(() => 0), { keys: "Delete" }),
          this.button("invert", () => this.fill((level) => 255 - level), { keys: "I" }),
          this.button("reset", () => this.set("resets", this.model.get("resets") + 1)))),
      made("div", "mp-row", {},
        this.group("settings",
          this.slider({ name: "brush", key: "size" }, 1, LARGEST_BRUSH, (number) => this.label("size value", { number })),
          this.slider({ name: "softness", key: "softness" }, 0, 100, percent),
          this.slider({ name: "opacity", key: "opacity" }, 20, 100, percent)),
        this.group("zoom",
          this.button("zoom out", () => this.zoomBy(-1), { text: "−", help: this.label("zoom out"), keys: "-" }),
          this.zoomed,
          this.button("zoom in", () => this.zoomBy(1), { text: "+", help: this.label("zoom in"), keys: "+" }),
          this.button("fit", () => this.fit(), { keys: "0" }))));
    return this.row;
  }

  frame() {
    const { painting } = this;
    this.image = made("img", "", { alt: this.label("alt"), draggable: "false" });
    this.stripes = made("canvas", "mp-stripes", { width: painting.width, height: painting.height });
    this.ink = this.stripes.getContext("2d");
    this.ring = made("div", "mp-ring");
    this.band = made("div", "mp-band", { hidden: "" });
    this.surface = made("div", "mp-surface", {}, this.image, this.stripes, this.band, this.ring);
    this.stage = made("div", "mp-stage", {
      tabindex: "0", role: "application", "aria-label": this.label("picture", painting),
    }, this.surface);
    return this.stage;
  }

  below() {
    this.status = made("p", "mp-status", { role: "status" });
    this.note = made("p", "mp-note");
    this.trouble = made("p", "mp-trouble", { role: "alert" });
    const rows = [
      ["B, E, R, T, H", "keys tools"], ["[, ]", "keys size"], ["{, }", "keys softness"], ["← → ↑ ↓", "keys move"],
      ["Space", "keys paint"], ["Enter", "keys dot"], ["Esc", "keys stop"], ["Ctrl+Z, Ctrl+Y", "keys changes"],
      ["Delete, I", "keys clear"], ["+, −, 0", "keys zoom"],
    ].map(([keys, key]) => made("div", "", {}, made("dt", "", {}, keys), made("dd", "", {}, this.label(key))));
    return made("div", "mp-below", {}, this.status, this.note, this.trouble,
      made("details", "", {}, made("summary", "", {}, this.label("keys")), made("dl", "mp-keys", {}, ...rows)));
  }

  listen() {
    const { painting } = this;
    const listener = (box) => (box ? this.redraw(box) : this.refresh());
    painting.listeners.add(listener);
    this.stop.signal.addEventListener("abort", () => painting.listeners.delete(listener));
    this.hear("change:picture", () => this.load());
    this.hear("change:tool", () => this.refresh());
    this.hear("comm_live_update", () => { // Jupyter closes a widget when its kernel ends or restarts
      this.lost = true;
      this.refresh();
    });
    for (const trait of ["note", "trouble"]) this.hear(`change:${trait}`, () => this.refresh());
    this.on(this.stage, "wheel", (event) => this.wheel(event), { passive: false });
    const watcher = new ResizeObserver(() => this.fits && this.fit());
    watcher.observe(this.el);
    this.stop.signal.addEventListener("abort", () => watcher.disconnect());
    this.load();
    for (const update of this.later) update();
  }

  load() {
    URL.revokeObjectURL(this.image.src);
    this.image.src = URL.createObjectURL(new Blob([this.model.get("picture")], { type: "image/jpeg" }));
  }

  close() {
    this.stop.abort();
    URL.revokeObjectURL(this.image.src);
  }

  /** Draw the stripes in this part of the mask again, once before the next frame. */
  redraw(box) {
    if (!this.unseen) requestAnimationFrame(() => this.show());
    this.unseen = joined(this.unseen, box);
  }

  show() {
    const { width, height, mask } = this.painting, wide = 2; // pixels beside a change whose outline may change with it
    const { left, top, right, bottom } = this.unseen;
    this.unseen = null;
    const box = clipped({ left: left - wide, top: top - wide, right: right + wide, bottom: bottom + wide }, width, height);
    this.ink.putImageData(striped(mask, width, height, box), box.left, box.top);
    if (!this.painting.drawing) this.refresh();
  }

  refresh() {
    if (!this.status) return;
    const { model, painting } = this, tool = model.get("tool"), softness = model.get("softness");
    for (const [name, button] of Object.entries(this.tools)) button.setAttribute("aria-pressed", name === tool);
    for (const [button, list] of [[this.undo, "done"], [this.redo, "undone"]]) {
      button.setAttribute("aria-disabled", painting.history[list].length === 0);
    }
    this.stripes.style.opacity = model.get("opacity") / 100;
    this.stage.dataset.tool = tool;
    if (!painting.drawing) this.share = share(painting.mask);
    const round = tool === "brush" || tool === "eraser";
    const part = this.label("percent", { number: Math.round(this.share * 1000) / 10 });
    const state = this.label(round ? (softness ? "state soft" : "state") : "state plain", {
      tool: this.label(tool), size: model.get("brush"), softness: this.label("percent", { number: softness }), share: part,
    });
    const moment = !this.byKeys ? "" : round ? this.label("down") : this.label("corner");
    const place = this.keyed ? this.label("at", { x: this.spot[0], y: this.spot[1] }) : "";
    const told = [state, place, moment].filter(Boolean);
    this.write(this.status, told.join(/[。！？]$/.test(state) ? "" : " "));
    this.write(this.note, model.get("note"));
    this.write(this.trouble, this.lost ? this.label("lost") : model.get("trouble"));
    this.point(this.here);
  }

  write(element, text) {
    if (element.textContent !== text) element.textContent = text; // a screen reader says what is written anew
  }

  /** Show the brush over a place of the picture, or nowhere. */
  point(spot) {
    this.here = spot;
    this.ring.hidden = !spot || this.model.get("tool") === "move";
    if (!spot) return;
    const round = ["brush", "eraser"].includes(this.model.get("tool"));
    const size = round ? Math.max(3, this.model.get("brush") * this.zoom) : 15;
    this.ring.classList.toggle("mp-cross", !round);
    Object.assign(this.ring.style, {
      left: `${(spot[0] + 0.5) * this.zoom}px`, top: `${(spot[1] + 0.5) * this.zoom}px`,
      width: `${size}px`, height: `${size}px`,
    });
  }

  // ---- zoom

  fit() {
    const { width, height } = this.painting, room = this.row.clientWidth - 2; // the frame's two lines
    if (room <= 0) return; // not shown yet
    const tall = Math.min(TALLEST, Math.max(TALLEST / 2, window.innerHeight * PART));
    this.stage.style.maxHeight = `${tall + 2}px`;
    this.zoomTo(Math.min(room / width, tall / height, 2));
    this.stage.scrollTo(0, 0);
    this.fits = true;
  }

  zoomBy(direction, place) {
    const steps = direction > 0 ? STEPS : [...STEPS].reverse();
    this.zoomTo(steps.find((step) => (step - this.zoom) * direction > 0.001) ?? this.zoom, place);
  }

  /** Show the picture larger or smaller, so that what lies at `place` (of the page; default: the middle) stays there. */
  zoomTo(zoom, place) {
    const frame = this.stage.getBoundingClientRect();
    const [x, y] = place ? [place[0] - frame.left, place[1] - frame.top] : [frame.width / 2, frame.height / 2];
    const across = (this.stage.scrollLeft + x) / this.zoom, down = (this.stage.scrollTop + y) / this.zoom;
    this.fits = false;
    this.zoom = Math.min(STEPS.at(-1), Math.max(STEPS[0], zoom));
    this.surface.style.width = `${this.painting.width * this.zoom}px`;
    this.surface.style.height = `${this.painting.height * this.zoom}px`;
    this.surface.classList.toggle("mp-large", this.zoom >= 2);
    this.stage.scrollTo(across * this.zoom - x, down * this.zoom - y);
    this.write(this.zoomed, this.label("percent", { number: Math.round(this.zoom * 100) }));
    this.point(this.here);
  }

  wheel(event) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const turned = Math.max(-50, Math.min(50, event.deltaY)); // a pinch sends many small ones, a wheel one of 100
    this.zoomTo(this.zoom * Math.exp(-turned / 150), [event.clientX, event.clientY]);
  }
}

