/* The mask's pixels in the browser: strokes, boxes, and the striped picture of them.
 *
 * widget.py joins this file, state.js, view.js and input.js to one ES module. A mask is a Uint8Array,
 * row by row: 255 may change, 0 stays. The arithmetic is that of helpers/masks/shapes.py and helpers/masks/preview.py, so
 * that a hard stroke here is Mask.brush there, and the stripes are those of Mask.preview. Rectangles: right and bottom
 * are outside. */

const HATCH = 0.8; // how strongly stripes cover the picture

function clipped(box, width, height) {
  const left = Math.max(0, box.left), top = Math.max(0, box.top);
  const right = Math.min(width, box.right), bottom = Math.min(height, box.bottom);
  return left < right && top < bottom ? { left, top, right, bottom } : null;
}

function joined(one, other) {
  if (!one || !other) return one ?? other;
  return {
    left: Math.min(one.left, other.left), top: Math.min(one.top, other.top),
    right: Math.max(one.right, other.right), bottom: Math.max(one.bottom, other.bottom),
  };
}

/** Draw a round brush along a straight line between two pixels' centres; return the rectangle that it touched, or null.
 * Soft: full in the middle, less and less towards the rim. Drawn twice it changes nothing more. */
function stroke(mask, width, height, from, to, { size, softness, erase }) {
  const radius = size / 2, inner = radius * (1 - softness / 100);
  const touched = clipped({
    left: Math.floor(Math.min(from[0], to[0]) - radius), top: Math.floor(Math.min(from[1], to[1]) - radius),
    right: Math.ceil(Math.max(from[0], to[0]) + radius) + 1, bottom: Math.ceil(Math.max(from[1], to[1]) + radius) + 1,
  }, width, height);
  if (!touched) return null;
  const wayX = to[0] - from[0], wayY = to[1] - from[1], length = wayX * wayX + wayY * wayY;
  for (let y = touched.top; y < touched.bottom; y++) {
    for (let x = touched.left; x < touched.right; x++) {
      let along = length ? ((x - from[0]) * wayX + (y - from[1]) * wayY) / length : 0;
      along = Math.min(1, Math.max(0, along));
      const offX = x - from[0] - along * wayX, offY = y - from[1] - along * wayY;
      const apart = offX * offX + offY * offY;
      if (apart > radius * radius) continue;
      const far = softness ? Math.sqrt(apart) : 0;
      const level = far <= inner ? 255 : Math.round((255 * (radius - far)) / (radius - inner));
      const at = y * width + x;
      mask[at] = erase ? Math.min(mask[at], 255 - level) : Math.max(mask[at], level);
    }
  }
  return touched;
}

function fillBox(mask, width, height, box, level) {
  const touched = clipped(box, width, height);
  if (!touched) return null;
  for (let y = touched.top; y < touched.bottom; y++) {
    mask.fill(level, y * width + touched.left, y * width + touched.right);
  }
  return touched;
}

/** Return the stripes and the outline over one rectangle of the mask, as image data on a transparent ground. */
function striped(mask, width, height, box) {
  const short = Math.min(width, height), reach = short >= 128 ? 2 : 1, pitch = Math.max(2, Math.floor(short / 128));
  const image = new ImageData(box.right - box.left, box.bottom - box.top);
  const pixels = new Uint32Array(image.data.buffer);
  const edges = nearEdges(mask, width, height, box, reach);
  let at = 0;
  for (let y = box.top; y < box.bottom; y++) {
    for (let x = box.left; x < box.right; x++, at++) {
      const level = mask[y * width + x];
      if (edges[at]) {
        pixels[at] = level >= 128 ? 0xffffffff : 0xff000000;
      } else if (level) {
        const phase = Math.floor((x + y) / pitch) % 7;
        if (phase < 2) pixels[at] = ((Math.round(level * HATCH) << 24) | (phase ? 0xffffff : 0)) >>> 0;
      }
    }
  }
  return image;
}

/** Return 1 where the square of `reach` pixels around a pixel holds both what may change and what stays, else 0. */
function nearEdges(mask, width, height, box, reach) {
  const top = Math.max(0, box.top - reach), bottom = Math.min(height, box.bottom + reach);
  const across = box.right - box.left, rows = bottom - top;
  const seen = new Uint8Array(across * rows); // bit 1: something stays here, bit 2: something may change
  for (let y = 0; y < rows; y++) {
    const line = (top + y) * width;
    for (let x = 0; x < across; x++) {
      const last = Math.min(width - 1, box.left + x + reach);
      let found = 0;
      for (let near = Math.max(0, box.left + x - reach); near <= last; near++) found |= mask[line + near] < 128 ? 1 : 2;
      seen[y * across + x] = found;
    }
  }
  const edges = new Uint8Array(across * (box.bottom - box.top));
  for (let y = box.top; y < box.bottom; y++) {
    const first = Math.max(top, y - reach) - top, last = Math.min(bottom - 1, y + reach) - top;
    for (let x = 0; x < across; x++) {
      let found = 0;
      for (let near = first; near <= last; near++) found |= seen[near * across + x];
      edges[(y - box.top) * across + x] = found === 3 ? 1 : 0;
    }
  }
  return edges;
}

function share(mask) {
  let sum = 0;
  for (let at = 0; at < mask.length; at++) sum += mask[at];
  return sum / (255 * mask.length);
}

