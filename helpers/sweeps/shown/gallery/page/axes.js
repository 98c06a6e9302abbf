// The head of the page, and one card an axis: its place, and the value that is shown where it is neither rows nor columns.

const drawHead = () => {
  const missing = tiles.filter((tile) => tile.failure).length;
  const notes = ['', 'seed', 'seconds', 'cost'];
  const noteWords = notes.map((note) => (note ? say(`fact_${note}`) : say('note_none')));
  byId('skip').textContent = say('skip');
  byId('head').replaceChildren(
    make('div', {class: 'heading'},
      make('h1', {}, data.title),
      make('p', {class: 'facts'}, data.facts.join(' · ')),
      data.alike.length ? make('details', {class: 'alike'},
        make('summary', {}, say('alike'), ' ', data.alike.map(([name]) => name).join(', ')),
        make('dl', {}, ...data.alike.flatMap(([name, value]) => [make('dt', {}, name), make('dd', {}, value)]))) : null),
    make('div', {class: 'tools', role: 'group', 'aria-label': say('tools')},
      missing ? make('button', {type: 'button', class: 'warn', onclick: openFailures, title: 'f'},
        make('span', {'aria-hidden': 'true'}, '⚠ '), say('failures', {count: missing})) : null,
      make('label', {class: 'tool'}, say('theme'),
        make('select', {id: 'theme', onchange: (event) => useTheme(THEMES[event.target.selectedIndex])},
          ...THEMES.map((theme) => make('option', {value: theme}, say(`theme_${theme}`))))),
      button('copy_link', copyLink, {}, 'l'),
      button('help', openHelp, {id: 'open-help'}, '?')));
  byId('look').setAttribute('aria-label', say('look'));
  byId('look').replaceChildren(
    make('label', {class: 'tool'}, say('size'),
      make('input', {type: 'range', id: 'size', min: SMALLEST, max: LARGEST, step: 8,
        oninput: (event) => { state.size = Number(event.target.value); resize(); }})),
    button('fit', () => { state.size = 0; resize(); }, {id: 'fit', title: say('fit_tip')}),
    make('label', {class: 'tool'}, say('note'),
      make('select', {onchange: (event) => { state.note = notes[event.target.selectedIndex]; draw(); }},
        ...notes.map((note, index) => make('option', {selected: note === state.note}, noteWords[index])))));
};

const drawAxes = () => {
  byId('axes').setAttribute('aria-label', say('axes'));
  byId('axes').hidden = !moving.length;
  byId('axes').replaceChildren(...moving.map((index) => {
    const axis = axes[index];
    const role = state.roles[index];
    return make('div', {class: `axis ${role}`, role: 'group', 'aria-label': axis.name},
      make('span', {class: 'name'}, axis.name),
      select(say('shown_as', {axis: axis.name}), ROLES.map((one) => `${{rows: '↓ ', columns: '→ '}[one] ?? ''}${say(`role_${one}`)}`),
        ROLES.indexOf(role), (chosen) => {
          setRole(index, ROLES[chosen]);
          drawAxes();
          draw();
          byId('axes').children[moving.indexOf(index)].querySelector('select').focus();
        }, {class: 'role'}),
      valueOf(index, role));
  }));
};

const valueOf = (index, role) => {
  const axis = axes[index];
  const label = say('value_of', {axis: axis.name});
  const use = (at) => { state.at[index] = at; draw(); };
  if (role === 'tabs') {
    return choice(label, `value-${index}`, axis.short.map((text, at) => [at, text, axis.labels[at]]), state.at[index], use);
  }
  if (role === 'pick') return select(label, axis.labels, state.at[index], use, {class: 'value'});
  if (role !== 'slider') return null;
  const told = make('span', {class: 'told', 'aria-hidden': 'true', title: axis.labels[state.at[index]]}, axis.labels[state.at[index]]);
  const widest = Math.min(Math.max(...axis.labels.map((text) => text.length)), 24);
  told.style.minWidth = `${widest}ch`;
  const slider = make('input', {type: 'range', min: 0, max: axis.labels.length - 1, step: 1, value: state.at[index],
    'aria-label': label, 'aria-valuetext': axis.labels[state.at[index]]});
  slider.addEventListener('input', () => {
    use(Number(slider.value));
    slider.setAttribute('aria-valuetext', axis.labels[state.at[index]]);
    told.textContent = told.title = axis.labels[state.at[index]];
  });
  return make('span', {class: 'slide'}, slider, told);
};

// One step along the first or second axis that is neither rows nor columns, from the keyboard.
const stepValue = (which, by) => {
  const index = sideAxes()[which];
  if (index === undefined) {
    tell(say('no_side_axis'));
    return;
  }
  const many = axes[index].labels.length;
  state.at[index] = (state.at[index] + by + many) % many;
  if (state.zoom) {
    const at = state.zoom.at.map((one, axis) => (axis === index ? state.at[index] : one));
    state.zoom = tileAt.get(at.join()) ?? state.zoom;
  }
  drawAxes();
  draw();
  if (state.zoom) drawZoom();
  tell(say('value_now', {axis: axes[index].name, label: axes[index].labels[state.at[index]]}));
};
