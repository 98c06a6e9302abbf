// The pictures: a table of rows and columns, or one axis that runs on. The same cells are filled anew where they can be.

const LEAST_TO_FIT = 208; // pixels: pictures that all fit the height are no smaller than this
const SOURCE = 'data:image/webp;base64,';
let drawn = {shape: '', cells: []}; // cells: rows of {tile, button, cell}

const draw = () => {
  const rows = axisIn('rows');
  const columns = axisIn('columns');
  const shape = `${rows}/${columns}/${rows < 0 || columns < 0}`;
  if (shape !== drawn.shape) drawn = {shape, cells: rows >= 0 && columns >= 0 ? table(rows, columns) : flow(Math.max(rows, columns))};
  for (const row of drawn.cells) for (const cell of row) fill(cell, tileHere(cell.changes));
  const under = drawn.cells.flat().find((cell) => cell.button === document.activeElement)?.tile; // another page, the same place
  setFocus(under ?? (state.focus && here(state.focus) ? state.focus : null));
  byId('where').textContent = sideAxes().map((index) => `${axes[index].name}: ${axes[index].labels[state.at[index]]}`).join(' · ');
  byId('where').hidden = !sideAxes().length;
  resize();
  drawMarks();
};

const table = (rows, columns) => {
  const names = {rows: axes[rows].name, columns: axes[columns].name};
  const cells = axes[rows].labels.map((_, down) => axes[columns].labels.map((__, across) => emptyCell('td', {[rows]: down, [columns]: across})));
  const head = axes[columns].short.map((text, at) => make('th', {scope: 'col', title: axes[columns].labels[at]}, text));
  const body = cells.map((row, down) => make('tr', {role: 'row'},
    make('th', {scope: 'row', role: 'rowheader', title: axes[rows].labels[down]}, make('span', {}, axes[rows].short[down])), ...row.map((cell) => cell.cell)));
  byId('pictures').replaceChildren(make('table', {role: 'grid', 'aria-label': say('grid', names), class: 'grid'},
    make('thead', {}, make('tr', {role: 'row'},
      make('td', {class: 'corner', 'aria-hidden': 'true'}, make('span', {}, `${names.columns} →`), make('span', {}, `${names.rows} ↓`)), ...head)),
    make('tbody', {}, ...body)));
  return cells;
};

const flow = (index) => {
  const labels = index < 0 ? [''] : axes[index].labels;
  const cells = labels.map((_, at) => emptyCell('div', index < 0 ? {} : {[index]: at}));
  cells.forEach((cell, at) => {
    cell.cell.setAttribute('role', 'listitem');
    if (index >= 0) cell.cell.append(make('span', {class: 'label', title: labels[at]}, axes[index].short[at]));
  });
  byId('pictures').replaceChildren(make('div', {role: 'list', class: 'flow', 'aria-label': index < 0 ? say('one') : say('list', {axis: axes[index].name})},
    ...(index < 0 ? [] : [make('p', {class: 'axis-name', 'aria-hidden': 'true'}, `${axes[index].name} →`)]), ...cells.map((cell) => cell.cell)));
  return [cells];
};

const emptyCell = (kind, changes) => {
  const cell = {changes, tile: undefined};
  cell.button = make('button', {type: 'button', class: 'tile', tabindex: '-1',
    onclick: (event) => (event.shiftKey ? mark(cell.tile) : openZoom(cell.tile)), onfocus: () => setFocus(cell.tile)});
  cell.mark = make('button', {type: 'button', class: 'mark', tabindex: '-1', onclick: () => mark(cell.tile)}, '⇄');
  cell.note = make('span', {class: 'note'});
  cell.cell = make(kind, kind === 'td' ? {role: 'gridcell'} : {class: 'item'}, make('div', {class: 'frame'}, cell.button, cell.mark), cell.note);
  return cell;
};

const fill = (cell, tile) => {
  if (cell.tile !== tile || !cell.button.firstChild) {
    cell.tile = tile;
    const image = cell.button.querySelector('img');
    if (tile && !tile.failure && image) {
      image.src = SOURCE + tile.thumb;
      image.alt = tile.alt;
    } else cell.button.replaceChildren(face(tile));
    cell.button.disabled = !tile;
    cell.button.toggleAttribute('aria-label', false);
    if (tile) cell.button.dataset.key = tile.key;
    if (tile?.failure) cell.button.setAttribute('aria-label', tile.alt);
    cell.mark.hidden = !tile;
    if (tile) cell.mark.setAttribute('aria-label', say('mark', {label: tile.label}));
    if (tile) cell.mark.title = `${say('mark', {label: tile.label})} (c)`;
  }
  cell.note.textContent = state.note && tile ? tile.facts[state.note] ?? '–' : '';
  cell.note.hidden = !state.note;
  const letter = 'AB'[state.marks.indexOf(tile)];
  cell.button.classList.toggle('marked', Boolean(letter));
  cell.button.querySelector('.letter')?.remove();
  if (letter) cell.button.append(make('span', {class: 'letter', 'aria-label': say('marked_as', {letter})}, letter));
};

const face = (tile) => {
  if (!tile) return make('span', {class: 'hole'}, say('not_here'));
  if (!tile.failure) return make('img', {src: SOURCE + tile.thumb, alt: tile.alt, decoding: 'sync', draggable: 'false'});
  return make('span', {class: 'hole'}, make('strong', {}, `⚠ ${tile.failure.kind}`), make('span', {}, tile.failure.what));
};

// One tile can be reached with Tab; the arrow keys go on from there.
const setFocus = (tile) => {
  const all = drawn.cells.flat();
  const chosen = all.find((cell) => cell.tile && cell.tile === tile) ?? all.find((cell) => cell.tile);
  for (const cell of all) cell.button.tabIndex = cell === chosen ? 0 : -1;
  state.focus = chosen?.tile ?? null;
};

const here = (tile) => drawn.cells.flat().some((cell) => cell.tile === tile);
const cellOf = (tile) => drawn.cells.flat().find((cell) => cell.tile === tile);
const focusTile = (tile) => { if (tile) { setFocus(tile); cellOf(tile)?.button.focus(); } };

// Shows a tile that may be on another page, by turning to that page.
const goTo = (tile) => {
  state.at = [...tile.at];
  state.focus = tile;
  drawAxes();
  draw();
};

// The tile so many cells away; an axis alone runs on over several rows.
const beside = (tile, across, down) => {
  const rows = drawn.cells;
  let y = rows.findIndex((row) => row.some((cell) => cell.tile === tile));
  if (y < 0) return null;
  let x = rows[y].findIndex((cell) => cell.tile === tile);
  if (rows.length === 1 && down) {
    const tops = rows[0].map((cell) => cell.cell.offsetTop);
    across = down * tops.filter((top) => top === tops[0]).length;
    down = 0;
  }
  for (;;) { // over cells that this sweep does not have
    x += across;
    y += down;
    if (!rows[y]?.[x]) return null;
    if (rows[y][x].tile) return rows[y][x].tile;
  }
};

const edge = (tile, last, all) => {
  const row = drawn.cells.find((cells) => cells.some((cell) => cell.tile === tile)) ?? [];
  const some = (all ? drawn.cells.flat() : row).filter((cell) => cell.tile);
  return some.at(last ? -1 : 0)?.tile ?? null;
};

// The box that every picture of the sweep fits into, at a size that fits the page unless one was chosen.
const sized = tiles.filter((tile) => tile.width);
const shape = sized.reduce((most, {width, height}) => [Math.max(most[0], width / Math.max(width, height)), Math.max(most[1], height / Math.max(width, height))], [0, 0]);
const [wide, high] = shape[0] ? shape : [1, 1];
const fitting = () => {
  const main = byId('main');
  const table = byId('pictures').querySelector('table');
  const many = drawn.cells[0].length;
  if (many === 1 && !table) return Math.min((main.clientWidth - 44) / wide, (main.clientHeight - 50) / high, LARGEST);
  if (!table) return Math.min(Math.max((main.clientWidth - 44) / Math.min(many, 5) - 10, 150), 320) / wide;
  const width = (main.clientWidth - 44 - table.querySelector('tbody th').getBoundingClientRect().width) / many - 8;
  const height = (main.clientHeight - 80) / drawn.cells.length - 8 - (state.note ? 20 : 0);
  return Math.min(width / wide, Math.max(height / high, LEAST_TO_FIT), 320); // all rows at once, where they stay large
};

const resize = () => {
  const root = byId('pictures');
  const size = state.size || Math.round(Math.max(fitting(), 96));
  root.style.setProperty('--wide', `${Math.round(size * wide)}px`);
  root.style.setProperty('--high', `${Math.round(size * high)}px`);
  root.style.setProperty('--ratio', `${wide} / ${high}`);
  root.classList.toggle('small', size < 120);
  byId('size').value = size;
  byId('fit').disabled = !state.size;
  writeAddress();
};
