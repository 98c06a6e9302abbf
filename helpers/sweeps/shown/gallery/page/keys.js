// The keyboard. Letters do nothing while a text or a choice has the focus, nor where the help's box turns them off.

const PAN = 80; // pixels that an arrow key moves over a picture that is larger than its place
const ARROWS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};

const letters = {
  c: () => mark(state.zoom ?? state.focus),
  x: clearMarks,
  n: () => stepValue(0, 1),
  p: () => stepValue(0, -1),
  N: () => stepValue(1, 1),
  P: () => stepValue(1, -1),
  t: () => transpose(),
  b: () => copyBody(state.zoom ?? state.focus),
  l: () => copyLink(),
  z: () => state.zoom && !state.zoom.failure && toggleDouble(),
  f: openFailures,
  d: () => useTheme(THEMES[(THEMES.indexOf(themeNow()) + 1) % THEMES.length]),
  '?': openHelp,
  '+': () => grow(STEP),
  '=': () => grow(STEP),
  '-': () => grow(-STEP),
  0: () => { state.size = 0; resize(); },
};
const inCompare = {v: () => setMode(state.mode === 'side' ? 'swipe' : 'side'), s: swap, l: () => copyLink(), d: letters.d};
const inZoom = 'cnpNPblzd';

const grow = (by) => {
  state.size = Math.min(Math.max(Number(byId('size').value) + by, SMALLEST), LARGEST);
  resize();
};

const transpose = () => {
  const [rows, columns] = [axisIn('rows'), axisIn('columns')];
  if (rows < 0 || columns < 0) return;
  [state.roles[rows], state.roles[columns]] = ['columns', 'rows'];
  drawAxes();
  draw();
  focusTile(state.focus);
};

const onKey = (event) => {
  if (event.defaultPrevented || event.isComposing || event.altKey || event.metaKey) return;
  const open = document.querySelector('dialog[open]');
  const within = event.target.closest?.('input, select, textarea, pre, .scroll');
  if (ARROWS[event.key] || ['Home', 'End'].includes(event.key)) {
    if (arrow(event, open, within)) event.preventDefault();
    return;
  }
  if (event.ctrlKey || kept('keys') === 'off' || event.target.matches?.('select, textarea, input[type=text]')) return;
  const act = open === byId('compare') ? inCompare[event.key]
    : open === byId('zoom') ? inZoom.includes(event.key) && letters[event.key]
      : open ? null : letters[event.key];
  if (!act) return;
  event.preventDefault();
  act();
};

const arrow = (event, open, within) => {
  if (within && within.type !== 'checkbox') return false;
  const [across, down] = ARROWS[event.key] ?? [0, 0];
  if (open === byId('zoom')) {
    if (event.ctrlKey || !(across || down)) return false;
    if (state.double) open.querySelector('.stage').scrollBy(across * PAN, down * PAN);
    else walk(across, down);
    return true;
  }
  if (open === byId('compare')) {
    if (state.mode !== 'swipe' || !across) return false;
    const split = byId('split');
    split.value = Number(split.value) + across * (event.shiftKey ? 10 : 2);
    split.dispatchEvent(new Event('input'));
    return true;
  }
  if (open || !event.target.closest?.('.tile')) return false;
  const {focus} = state;
  const next = across || down ? beside(focus, across, down) : edge(focus, event.key === 'End', event.ctrlKey);
  if (next) focusTile(next);
  return true;
};
