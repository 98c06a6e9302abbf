// Two tiles beside each other, or one over the other with an edge to move; and what sets them apart, in words.

const mark = (tile) => {
  if (!tile) return;
  if (state.marks.includes(tile)) state.marks = state.marks.filter((one) => one !== tile);
  else state.marks = [...state.marks.slice(0, 1), tile];
  draw();
  if (state.marks.length === 2 && state.marks[1] === tile) openCompare();
  else if (state.zoom) {
    byId('zoom').close();
    tell(byId('marks').firstChild?.textContent || say('cleared'));
  }
};

const clearMarks = () => {
  state.marks = [];
  draw();
  tell(say('cleared'));
};

const drawMarks = () => {
  const [a, b] = state.marks;
  byId('marks').hidden = !a;
  byId('marks').replaceChildren(...(a ? [
    make('span', {class: 'told'}, b ? say('marked_two', {a: labelsApart(a, b)[0], b: labelsApart(a, b)[1]}) : say('marked_one', {label: shortLabel(a)})),
    ...(b ? [button('open_compare', openCompare, {class: 'main'})] : []),
    button('clear_marks', clearMarks, {}, 'x')] : []));
};

const shortLabel = (tile) => moving.map((index) => `${axes[index].name} ${axes[index].short[tile.at[index]]}`).join(', ');

// Two tiles by the axes on which they differ.
const labelsApart = (a, b) => {
  const differing = moving.filter((index) => a.at[index] !== b.at[index]);
  return [a, b].map((tile) => (differing.length ? differing : moving).map((index) => `${axes[index].name} ${axes[index].short[tile.at[index]]}`).join(', '));
};

const openCompare = () => {
  if (state.marks.length < 2) return;
  if (byId('zoom').open) byId('zoom').close();
  state.comparing = true;
  drawCompare();
  if (!byId('compare').open) byId('compare').showModal();
};

const setMode = (mode) => {
  state.mode = mode;
  drawCompare();
  byId('compare').querySelector('input:checked')?.focus();
};

const swap = () => {
  state.marks.reverse();
  draw();
  drawCompare();
};

const drawCompare = () => {
  const [a, b] = state.marks;
  byId('compare').setAttribute('aria-label', say('compare'));
  byId('compare').replaceChildren(
    make('div', {class: 'row'},
      make('h2', {}, say('compare')),
      choice(say('how'), 'mode', [['side', say('side')], ['swipe', say('swipe')]], state.mode, setMode),
      button('swap', swap, {}, 's'),
      button('copy_link', copyLink, {}, 'l'),
      make('span', {class: 'spring'}),
      button('close', () => byId('compare').close(), {autofocus: true}, 'Esc')),
    make('div', {class: `told${state.mode === 'swipe' ? ' swiping' : ''}`}, state.mode === 'swipe' ? swipe(a, b) : make('div', {class: 'sides'}, ...[a, b].map((tile, index) => make('figure', {},
      make('div', {class: 'stage'}, picture(tile)), make('figcaption', {}, make('b', {}, 'AB'[index]), ' ', labelsApart(a, b)[index])))),
      apart(a, b)));
  if (byId('compare').open && !byId('compare').contains(document.activeElement)) byId('compare').querySelector('input:checked').focus();
  writeAddress();
};

const swipe = (a, b) => {
  const stage = make('div', {class: 'stage over'});
  const edge_ = make('div', {class: 'edge', 'aria-hidden': 'true'});
  const slider = make('input', {type: 'range', id: 'split', min: 0, max: 100, step: 1, value: state.split, 'aria-label': say('position'),
    oninput: () => move(Number(slider.value))});
  const [over, under] = [picture(a, {class: 'over-a'}), picture(b, {class: 'over-b'})];
  const move = (split) => {
    state.split = Math.round(Math.min(Math.max(split, 0), 100));
    over.style.clipPath = `inset(0 ${100 - state.split}% 0 0)`;
    edge_.style.left = `${state.split}%`;
    slider.value = state.split;
    writeAddress();
  };
  const drag = (event) => {
    if (event.type === 'pointermove' && !event.buttons) return;
    const {left, width} = frame.getBoundingClientRect();
    move(((event.clientX - left) / width) * 100);
    event.preventDefault();
  };
  // Both pictures fill one box, so that a place in one is the same place in the other.
  const [width, height] = [Math.max(a.width ?? 1, b.width ?? 1), Math.max(a.height ?? 1, b.height ?? 1)];
  const frame = make('div', {class: 'frame', onpointermove: drag, onpointerdown: (event) => { frame.setPointerCapture?.(event.pointerId); drag(event); }},
    under, over, edge_, make('span', {class: 'corner-a', 'aria-hidden': 'true'}, 'A'), make('span', {class: 'corner-b', 'aria-hidden': 'true'}, 'B'));
  frame.style.setProperty('--ratio', width / height);
  frame.style.setProperty('--most', `${Math.max(width, 512)}px`);
  stage.append(frame);
  queueMicrotask(() => move(state.split));
  return make('div', {class: 'swipe'}, stage, make('div', {class: 'row split'}, make('b', {}, 'A'), slider, make('b', {}, 'B')),
    make('p', {class: 'legend'}, make('b', {}, 'A'), ` ${labelsApart(a, b)[0]}`, make('span', {class: 'spring'}), make('b', {}, 'B'), ` ${labelsApart(a, b)[1]}`));
};

const apart = (a, b) => {
  const [first, second] = [a, b].map((tile) => new Map([...places(tile), ...facts(tile, ['file'])]));
  const rows = [...new Set([...first.keys(), ...second.keys()])].filter((name) => first.get(name) !== second.get(name));
  if (!rows.length) return make('p', {class: 'aside-note'}, say('same_settings'));
  return make('div', {class: 'scroll', tabindex: '0', role: 'group', 'aria-label': say('settings')}, make('table', {class: 'list'},
    make('thead', {}, make('tr', {}, ...[say('setting'), 'A', 'B'].map((text) => make('th', {scope: 'col'}, text)))),
    make('tbody', {}, ...rows.map((name) => make('tr', {}, make('th', {scope: 'row'}, name), ...[first, second].map((side) => make('td', {}, side.get(name) ?? '–')))))));
};
