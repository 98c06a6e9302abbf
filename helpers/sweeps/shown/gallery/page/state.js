// What is shown: the place of every axis, the tile in focus, what is open. All of it but the focus is kept in the address.

const data = JSON.parse(document.getElementById('data').textContent);
const {axes, tiles} = data;
const ROLES = ['rows', 'columns', 'tabs', 'slider', 'pick'];
const LONGEST_TABS = 6; // values: more of them are quicker to slide through

tiles.forEach((tile, index) => { tile.index = index; });
const tileAt = new Map(tiles.map((tile) => [tile.at.join(), tile]));
const tileOf = new Map(tiles.map((tile) => [tile.key, tile]));
const moving = axes.map((axis, index) => index).filter((index) => axes[index].labels.length > 1);

const state = {
  roles: axes.map(() => 'pick'),
  at: axes.map(() => 0),
  size: 0, // pixels of a tile; 0: as fits the page
  note: '', // the fact under each picture
  focus: null, // a tile
  zoom: null, // the tile that is open
  double: false,
  marks: [], // the tiles A and B
  comparing: false,
  mode: 'side',
  split: 50,
};

const axisIn = (role) => state.roles.indexOf(role);
const sideAxes = () => moving.filter((index) => !['rows', 'columns'].includes(state.roles[index]));
const tileHere = (changes = {}) => tileAt.get(state.at.map((at, index) => changes[index] ?? at).join());

const chooseRoles = () => {
  const [first, second, ...others] = moving;
  state.roles = axes.map(() => 'pick');
  if (second === undefined) {
    if (first !== undefined) state.roles[first] = 'columns';
    return;
  }
  state.roles[first] = 'rows';
  state.roles[second] = 'columns';
  const tabs = others.find((index) => axes[index].labels.length <= LONGEST_TABS);
  if (tabs !== undefined) state.roles[tabs] = 'tabs';
  const slider = others.find((index) => index !== tabs);
  if (slider !== undefined) state.roles[slider] = 'slider';
};

// An axis that takes the rows or the columns gives its own place to the one that had them.
const setRole = (index, role) => {
  const holder = ['rows', 'columns'].includes(role) ? axisIn(role) : -1;
  if (holder >= 0 && holder !== index) state.roles[holder] = state.roles[index];
  state.roles[index] = role;
};

let followed = location.hash;

const writeAddress = () => {
  if (location.hash !== followed) return; // somebody asks for another view, and hashchange is about to say so
  const parts = new URLSearchParams();
  for (const role of ROLES) {
    for (const index of moving) if (state.roles[index] === role) parts.append(role, axes[index].name);
  }
  for (const index of sideAxes()) parts.append('at', `${axes[index].name}=${axes[index].labels[state.at[index]]}`);
  if (state.size) parts.append('size', state.size);
  if (state.note) parts.append('note', state.note);
  if (state.marks.length) parts.append('marks', state.marks.map((tile) => tile.key).join());
  if (state.comparing) parts.append('compare', state.mode === 'swipe' ? `swipe,${state.split}` : 'side');
  if (state.zoom) parts.append('open', state.zoom.key);
  try {
    history.replaceState(null, '', `#${parts}`);
    followed = location.hash;
  } catch { /* a page inside another may have no address of its own */ }
};

// An address from another version of the sweep is followed as far as it goes.
const readAddress = () => {
  followed = location.hash;
  const parts = new URLSearchParams(followed.slice(1));
  chooseRoles();
  state.at = axes.map(() => 0);
  const named = (name) => moving.find((index) => axes[index].name === name);
  if (ROLES.some((role) => parts.has(role))) {
    state.roles = axes.map(() => 'pick');
    for (const role of ROLES) {
      for (const name of parts.getAll(role)) if (named(name) !== undefined) setRole(named(name), role);
    }
  }
  for (const text of parts.getAll('at')) {
    const index = moving.find((one) => text.startsWith(`${axes[one].name}=`)
      && axes[one].labels.includes(text.slice(axes[one].name.length + 1)));
    if (index !== undefined) state.at[index] = axes[index].labels.indexOf(text.slice(axes[index].name.length + 1));
  }
  const size = Number(parts.get('size'));
  state.size = Number.isFinite(size) && size > 0 ? Math.min(Math.max(size, SMALLEST), LARGEST) : 0;
  state.note = ['seed', 'seconds', 'cost'].includes(parts.get('note')) ? parts.get('note') : '';
  state.marks = (parts.get('marks') ?? '').split(',').map((key) => tileOf.get(key)).filter(Boolean).slice(0, 2);
  state.zoom = tileOf.get(parts.get('open')) ?? null;
  const [mode, split] = (parts.get('compare') ?? '').split(',');
  state.comparing = Boolean(mode) && state.marks.length === 2;
  state.mode = mode === 'swipe' ? 'swipe' : 'side';
  state.split = Number.isFinite(Number(split)) && split ? Math.min(Math.max(Number(split), 0), 100) : 50;
};

const SMALLEST = 64;
const LARGEST = 640;
const STEP = 32;
