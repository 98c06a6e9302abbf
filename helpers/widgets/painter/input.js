/* The mask painter's input: what mouse, pen, touch and keys draw. The last of the files that make one ES module. */

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** A view that can be painted on. */
class Painter extends View {
  listen() {
    super.listen();
    const { surface, stage } = this;
    this.hear("change:tool", () => this.lift());
    this.on(surface, "pointerdown", (event) => this.pointerDown(event));
    this.on(surface, "pointermove", (event) => this.pointerMove(event));
    this.on(surface, "pointerup pointercancel", (event) => this.pointerUp(event));
    this.on(surface, "pointerleave", () => this.point(null));
    this.on(surface, "mousedown", (event) => event.button === 1 && event.preventDefault());
    this.on(stage, "focus", () => this.point(this.spot));
    this.on(stage, "blur", () => (this.byKeys && this.lift(), this.point(null)));
    this.on(this.el, "keydown", (event) => this.key(event));
    // Notebook 7 listens while keys are captured, JupyterLab while they bubble.
    this.on(window, "keydown", (event) => {
      if (!this.el.contains(event.target)) return;
      for (const one of [event.target, this.el]) one.toggleAttribute("data-lm-suppress-shortcuts", this.takes(event));
    }, { capture: true });
  }

  // ---- drawing, whatever with

  start(spot, erase, pressure = 1) {
    const tool = this.model.get("tool");
    this.boxed = tool === "box" || tool === "eraser box";
    this.erase = erase || tool === "eraser" || tool === "eraser box";
    this.first = this.last = spot;
    this.painting.begin();
    this.painting.drawer = this; // the same painter may be shown twice
    this.extend(spot, pressure);
  }

  extend(spot, pressure = 1) {
    const { painting } = this;
    if (!painting.drawing) return;
    if (this.boxed) {
      this.showBand(this.between(spot));
    } else {
      const brush = { size: this.model.get("brush") * pressure, softness: this.model.get("softness"), erase: this.erase };
      painting.drawn(stroke(painting.mask, painting.width, painting.height, this.last, spot, brush));
    }
    this.last = spot;
  }

  /** End a stroke, or set the second corner of a rectangle. */
  lift() {
    const { painting } = this;
    this.byKeys = false;
    this.band.hidden = true;
    if (!painting.drawing || painting.drawer !== this) return;
    if (this.boxed && String(this.first) !== String(this.last)) {
      painting.drawn(fillBox(painting.mask, painting.width, painting.height, this.between(this.last), this.erase ? 0 : 255));
    }
    painting.finish();
  }

  drop() {
    this.byKeys = false;
    this.band.hidden = true;
    this.painting.cancel();
    this.refresh();
  }

  between(spot) {
    const [x, y] = this.first;
    return {
      left: Math.min(x, spot[0]), top: Math.min(y, spot[1]), right: Math.max(x, spot[0]) + 1, bottom: Math.max(y, spot[1]) + 1,
    };
  }

  showBand({ left, top, right, bottom }) {
    this.band.hidden = false;
    Object.assign(this.band.style, {
      left: `${left * this.zoom}px`, top: `${top * this.zoom}px`,
      width: `${(right - left) * this.zoom}px`, height: `${(bottom - top) * this.zoom}px`,
    });
  }

  fill(level) {
    this.drop();
    this.painting.change((mask) => (mask.forEach((old, at) => (mask[at] = level(old))), this.painting.whole));
  }

  // ---- mouse, pen and touch

  place(event) {
    const { left, top, width, height } = this.surface.getBoundingClientRect();
    return [
      Math.floor(((event.clientX - left) * this.painting.width) / width),
      Math.floor(((event.clientY - top) * this.painting.height) / height),
    ];
  }

  pressed(event) {
    return this.model.get("pressure") && event.pointerType === "pen" ? Math.max(0.05, event.pressure) : 1;
  }

  pointerDown(event) {
    this.stage.focus({ preventScroll: true });
    if (event.pointerType === "touch") {
      this.fingers.set(event.pointerId, [event.clientX, event.clientY]);
      if (this.fingers.size > 1) {
        this.drop(); // the first finger did not mean to paint
        this.held = this.from = null;
        this.pinch = { ...this.spread(), zoom: this.zoom };
        return;
      }
    }
    const moves = event.button === 1 || this.model.get("tool") === "move";
    const rubber = event.pointerType === "pen" && event.button === 5;
    if (!moves && event.button !== 0 && !rubber) return;
    this.surface.setPointerCapture(event.pointerId);
    this.held = event.pointerId;
    this.keyed = false;
    if (moves) {
      this.from = { x: event.clientX, y: event.clientY, left: this.stage.scrollLeft, top: this.stage.scrollTop };
      return;
    }
    this.start(this.place(event), rubber, this.pressed(event));
  }

  pointerMove(event) {
    this.point(this.place(event));
    if (this.fingers.has(event.pointerId)) this.fingers.set(event.pointerId, [event.clientX, event.clientY]);
    if (this.pinch) return this.pinched();
    if (event.pointerId !== this.held) return;
    if (this.from) {
      this.stage.scrollTo(this.from.left + this.from.x - event.clientX, this.from.top + this.from.y - event.clientY);
      return;
    }
    const all = event.getCoalescedEvents?.() ?? [];
    for (const one of all.length ? all : [event]) this.extend(this.place(one), this.pressed(one));
    this.spot = this.inside(this.place(event));
  }

  pointerUp(event) {
    this.fingers.delete(event.pointerId);
    if (this.fingers.size < 2) this.pinch = null;
    if (event.pointerId !== this.held) return;
    this.held = null;
    if (this.from) this.from = null;
    else if (event.type === "pointercancel") this.drop();
    else this.lift();
  }

  spread() {
    const [[x, y], [right, down]] = [...this.fingers.values()];
    return { distance: Math.max(1, Math.hypot(right - x, down - y)), middle: [(x + right) / 2, (y + down) / 2] };
  }

  pinched() {
    const { distance, middle } = this.spread();
    this.stage.scrollBy(this.pinch.middle[0] - middle[0], this.pinch.middle[1] - middle[1]);
    this.pinch.middle = middle;
    this.zoomTo((this.pinch.zoom * distance) / this.pinch.distance, middle);
  }

  // ---- keys

  inside([x, y]) {
    const { width, height } = this.painting;
    return [Math.min(width - 1, Math.max(0, x)), Math.min(height - 1, Math.max(0, y))];
  }

  /** Handle the keys that mean something here. All others but those with Ctrl stop here too: in a notebook an X alone cuts
   * the cell. */
  key(event) {
    const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const sizes = { "[": ["brush", -1], "]": ["brush", 1], "{": ["softness", -1], "}": ["softness", 1] }[name];
    let done = true;
    if (sizes) {
      this.adjust(...sizes); // before Alt, with which some keyboards write brackets
    } else if (event.ctrlKey || event.metaKey) {
      if (name === "z" || name === "y") this.painting.drawing ? this.drop() : this.painting.step(name === "y" || event.shiftKey);
      else return;
    } else if (event.altKey || name === "Tab" || (name === "Enter" && event.shiftKey)) {
      return;
    } else if (name in TOOL_KEYS) {
      this.set("tool", TOOL_KEYS[name]);
    } else if (name === "i") {
      this.fill((level) => 255 - level);
    } else if (name === "Delete") {
      this.fill(() => 0);
    } else if ("+-=".includes(name)) {
      this.zoomBy(name === "-" ? -1 : 1);
    } else if (name === "0") {
      this.fit();
    } else if (name === "Escape") {
      this.drop();
    } else {
      done = event.target === this.stage && this.brushKey(name, event);
    }
    event.stopPropagation();
    if (done) event.preventDefault();
  }

  /** Return whether a key is for the painter, and not for the notebook. */
  takes({ key, ctrlKey, metaKey, altKey, shiftKey }) {
    if ("[]{}".includes(key)) return true;
    if (ctrlKey || metaKey) return "zyZY".includes(key);
    return !altKey && !(key === "Enter" && shiftKey);
  }

  adjust(trait, direction) {
    const now = this.model.get(trait), step = trait === "brush" ? Math.max(1, Math.round(now / 8)) : 10;
    const [low, high] = trait === "brush" ? [1, LARGEST_BRUSH] : [0, 100];
    this.set(trait, Math.min(high, Math.max(low, now + direction * step)));
  }

  /** Handle the keys that move the brush and put it down; return whether this was one. */
  brushKey(name, event) {
    if (name in ARROWS) {
      const step = event.shiftKey ? 1 : 8;
      this.spot = this.inside(this.spot.map((at, axis) => at + step * ARROWS[name][axis]));
      if (this.byKeys) this.extend(this.spot);
      this.reveal();
    } else if (name === " " || name === "Enter") {
      if (event.repeat || this.model.get("tool") === "move") return true;
      if (this.byKeys) this.lift();
      else {
        this.start(this.spot, false);
        this.byKeys = true;
        if (name === "Enter" && !this.boxed) this.lift();
      }
    } else return false;
    this.keyed = true;
    this.point(this.spot);
    this.refresh();
    return true;
  }

  /** Scroll the frame so that the brush can be seen. */
  reveal() {
    const { stage, zoom } = this, margin = 24;
    const far = (at, scrolled, room) => Math.min(Math.max(scrolled, at * zoom + margin - room), Math.max(0, at * zoom - margin));
    stage.scrollTo(far(this.spot[0], stage.scrollLeft, stage.clientWidth), far(this.spot[1], stage.scrollTop, stage.clientHeight));
  }
}

export default () => {
  let painting;
  return {
    initialize({ model }) {
      painting = new Painting(model);
    },
    async render({ model, el }) {
      await painting.ready;
      const view = new Painter(model, painting, el);
      return () => view.close();
    },
  };
};
