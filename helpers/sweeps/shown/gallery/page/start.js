// Colours, what a browser may keep of them, and the first drawing.

const THEMES = ['auto', 'light', 'dark'];

// A page in a sandbox has nowhere to keep anything; then it is as if nothing was chosen.
const kept = (name) => {
  try {
    return localStorage.getItem(`gallery-${name}`);
  } catch {
    return null;
  }
};
const keep = (name, value) => {
  try {
    localStorage.setItem(`gallery-${name}`, value);
  } catch { /* not kept, and used all the same */ }
};

const themeNow = () => document.documentElement.dataset.theme ?? 'auto';
const useTheme = (theme) => {
  paint(theme);
  byId('theme').value = theme;
  keep('theme', theme);
};
const paint = (theme) => {
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
};

const redraw = () => {
  readAddress();
  drawHead();
  byId('theme').value = themeNow();
  drawAxes();
  draw();
  for (const dialog of document.querySelectorAll('dialog[open]')) dialog.close();
  if (state.comparing) openCompare();
  else if (state.zoom) openZoom(state.zoom);
};

// A dialog says that it was closed a moment later, when another view may have opened it again.
byId('zoom').addEventListener('close', (event) => {
  if (event.target.open) return;
  const tile = state.zoom;
  state.zoom = null;
  if (tile && !here(tile)) goTo(tile);
  focusTile(tile);
  writeAddress();
});
byId('compare').addEventListener('close', (event) => {
  if (event.target.open) return;
  state.comparing = false;
  focusTile(here(state.marks[1]) ? state.marks[1] : state.focus);
  writeAddress();
});
for (const dialog of document.querySelectorAll('dialog')) {
  let outside = false; // where the press began: a selection that ends outside closes nothing
  const isOutside = ({clientX: x, clientY: y}) => {
    const {left, top, right, bottom} = dialog.getBoundingClientRect();
    return x < left || x > right || y < top || y > bottom;
  };
  dialog.addEventListener('pointerdown', (event) => { outside = isOutside(event); });
  dialog.addEventListener('click', (event) => { if (event.target === dialog && outside && isOutside(event)) dialog.close(); });
}
byId('skip').addEventListener('click', () => focusTile(state.focus));
document.addEventListener('keydown', onKey);
window.addEventListener('resize', resize);
window.addEventListener('hashchange', redraw);
paint(kept('theme'));
redraw();
