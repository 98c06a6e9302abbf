/* The state of a mask painter in the browser: the mask, what can be undone, and the way to Python and back. */

const HISTORY_BYTES = 64e6;

function cut(mask, width, box) {
  const across = box.right - box.left, piece = new Uint8Array(across * (box.bottom - box.top));
  for (let y = box.top; y < box.bottom; y++) {
    piece.set(mask.subarray(y * width + box.left, y * width + box.right), (y - box.top) * across);
  }
  return piece;
}

function paste(mask, width, box, piece) {
  const across = box.right - box.left;
  for (let y = box.top; y < box.bottom; y++) {
    mask.set(piece.subarray((y - box.top) * across, (y - box.top + 1) * across), y * width + box.left);
  }
}

/** The changes, as pieces of the mask before and after; the oldest are dropped when they take too much memory. */
class History {
  done = [];
  undone = [];

  /** Add a change within `box`; `before` is the whole mask as it was. Returns false where no pixel has changed. */
  add(before, mask, width, box) {
    const change = { box, before: cut(before, width, box), after: cut(mask, width, box) };
    if (change.before.every((level, at) => level === change.after[at])) return false;
    this.done.push(change);
    this.undone = [];
    let bytes = this.done.reduce((sum, one) => sum + 2 * one.after.length, 0);
    while (bytes > HISTORY_BYTES && this.done.length > 1) bytes -= 2 * this.done.shift().after.length;
    return true;
  }

  /** Undo the last change, or with `again` redo the last undone one; return its rectangle, or null. */
  step(mask, width, again) {
    const change = (again ? this.undone : this.done).pop();
    if (!change) return null;
    (again ? this.done : this.undone).push(change);
    paste(mask, width, change.box, again ? change.after : change.before);
    return change.box;
  }
}

async function packed(mask) {
  const stream = new Blob([mask]).stream().pipeThrough(new CompressionStream("deflate"));
  return new DataView(await new Response(stream).arrayBuffer());
}

async function unpacked(view) {
  const stream = new Blob([view]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The mask of one widget: what is painted on it, step by step, and its way to Python and back. */
class Painting {
  constructor(model) {
    this.model = model;
    [this.width, this.height] = [model.get("width"), model.get("height")];
    this.mask = new Uint8Array(this.width * this.height);
    this.history = new History();
    this.before = this.box = this.sent = null; // of the change that is being made; of the last one that was sent
    this.listeners = new Set();
    this.ready = this.receive();
    model.on("change:pixels", () => this.receive());
  }

  get whole() {
    return { left: 0, top: 0, right: this.width, bottom: this.height };
  }

  get drawing() {
    return this.before !== null;
  }

  begin() {
    this.cancel();
    this.before = this.mask.slice();
  }

  drawn(box) {
    this.box = joined(this.box, box);
    this.tell(box);
  }

  finish() {
    const { before, box } = this;
    this.before = this.box = null;
    if (box && this.history.add(before, this.mask, this.width, box)) this.send();
    this.tell(null);
  }

  cancel() {
    if (!this.drawing) return;
    this.mask.set(this.before);
    const box = this.box;
    this.before = this.box = null;
    this.tell(box);
  }

  /** Make one change: `work` writes into the mask and returns the rectangle that it touched. */
  change(work) {
    this.begin();
    this.drawn(work(this.mask));
    this.finish();
  }

  step(again) {
    this.cancel();
    const box = this.history.step(this.mask, this.width, again);
    if (!box) return;
    this.send();
    this.tell(box);
  }

  tell(box) {
    for (const listener of this.listeners) listener(box);
  }

  /** Send the whole mask; what changes meanwhile is sent after it, so that Python always ends with the newest. */
  async send() {
    this.stale = true;
    if (this.sending) return;
    this.sending = true;
    while (this.stale) {
      this.stale = false;
      this.sent = await packed(this.mask.slice());
      this.model.set("pixels", this.sent);
      this.model.save_changes();
    }
    this.sending = false;
  }

  /** Take a mask that Python has set. */
  async receive() {
    const given = this.model.get("pixels");
    if (given === this.sent) return;
    const mask = await unpacked(given);
    if (given !== this.model.get("pixels") || mask.length !== this.mask.length) return;
    this.cancel();
    const before = this.mask.slice();
    this.mask.set(mask);
    if (this.started) this.history.add(before, mask, this.width, this.whole);
    this.started = true;
    this.tell(this.whole);
  }
}

