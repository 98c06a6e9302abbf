// One tile, large, with its settings and its request body; the list of tiles without a picture; the help.

const bodyOf = (tile) => tile.body.replace(/"(sha256:[0-9a-f]{64})"/g, (whole, name) => (data.inputs[name] ? `"${data.inputs[name]}"` : whole));

const copyBody = (tile) => tile && copy(bodyOf(tile), say('copied_body'));
const copyLink = () => copy(location.href, say('copied_link'));

const picture = (tile, attributes = {}) => (tile.failure
  ? make('div', {class: 'hole', role: 'img', 'aria-label': tile.alt, ...attributes}, make('strong', {}, `⚠ ${tile.failure.kind}`), make('span', {}, tile.failure.what))
  : make('img', {src: SOURCE + (tile.full || tile.thumb), alt: tile.alt, width: tile.width, height: tile.height, draggable: 'false', ...attributes}));

const places = (tile) => moving.map((index) => [axes[index].name, axes[index].labels[tile.at[index]]]);
const factWord = {pixels: 'fact_pixels', price: 'fact_price'};
const facts = (tile, without = []) => Object.entries(tile.facts).filter(([name, value]) => !without.includes(name)
  && !moving.some((index) => axes[index].name === name && axes[index].labels[tile.at[index]] === value)).map(([name, value]) => [say(factWord[name] ?? `fact_${name}`), value]);
const pairs = (several, attributes = {}) => make('dl', attributes, ...several.flatMap(([name, value]) => [make('dt', {}, name), make('dd', {}, value)]));

const openZoom = (tile) => {
  if (!tile) return;
  state.zoom = tile;
  state.double = false;
  drawZoom();
  if (!byId('zoom').open) byId('zoom').showModal();
};

const drawZoom = () => {
  const tile = state.zoom;
  const act = document.activeElement?.dataset?.act; // the button that was pressed keeps the focus
  byId('zoom').setAttribute('aria-label', tile.label);
  byId('zoom').replaceChildren(
    make('div', {class: `stage${state.double ? ' double' : ''}`, ondblclick: toggleDouble}, picture(tile)),
    make('aside', {class: 'panel'},
      make('div', {class: 'row'},
        button('previous', () => walk(-1, 0), {'data-act': 'previous', disabled: !beside(tile, -1, 0)}, '←'),
        button('next', () => walk(1, 0), {'data-act': 'next', disabled: !beside(tile, 1, 0)}, '→'),
        make('span', {class: 'spring'}),
        button('close', () => byId('zoom').close(), {'data-act': 'close', autofocus: true}, 'Esc')),
      make('h2', {}, say('settings')),
      pairs(places(tile), {class: 'places'}),
      tile.failure ? make('div', {class: 'failure'}, make('strong', {}, `⚠ ${tile.failure.kind}`),
        pairs([['what', tile.failure.what], ['why', tile.failure.why], ['fix', tile.failure.fix]].filter(([, text]) => text).map(([word, text]) => [say(word), text]))) : null,
      pairs(facts(tile), {class: 'plain'}),
      make('div', {class: 'row'},
        button('copy_body', () => copyBody(tile), {'data-act': 'body', class: 'main'}, 'b'),
        button('compare_this', () => mark(tile), {'data-act': 'mark'}, 'c'),
        tile.failure ? null : button('double', toggleDouble, {'data-act': 'double', 'aria-pressed': String(state.double)}, 'z'),
        button('copy_link', copyLink, {'data-act': 'link'}, 'l')),
      make('h2', {}, say('body')),
      data.inputsLeftOut && tile.body.includes('"sha256:') ? make('p', {class: 'aside-note'}, say('inputs_left_out')) : null,
      make('pre', {tabindex: '0', 'aria-label': say('body')}, tile.body)));
  if (state.double) centre(byId('zoom').querySelector('.stage'));
  if (act) byId('zoom').querySelector(`[data-act="${act}"]:not(:disabled)`)?.focus();
  if (byId('zoom').open && !byId('zoom').contains(document.activeElement)) byId('zoom').querySelector('[data-act="close"]').focus();
  writeAddress();
};

const centre = (stage) => {
  stage.scrollLeft = (stage.scrollWidth - stage.clientWidth) / 2;
  stage.scrollTop = (stage.scrollHeight - stage.clientHeight) / 2;
};

const toggleDouble = () => {
  state.double = !state.double;
  drawZoom();
};

// With a picture open, the arrow keys go to its neighbours.
const walk = (across, down) => {
  const next = beside(state.zoom, across, down);
  if (!next) return;
  state.zoom = next;
  setFocus(next);
  drawZoom();
};

const openFailures = () => {
  const missing = tiles.filter((tile) => tile.failure);
  if (!missing.length) return;
  const show = (tile) => { byId('failures').close(); goTo(tile); openZoom(tile); };
  byId('failures').setAttribute('aria-labelledby', 'failures-title');
  byId('failures').replaceChildren(
    make('div', {class: 'row'}, make('h2', {id: 'failures-title'}, say('failures_title')), make('span', {class: 'spring'}),
      button('close', () => byId('failures').close(), {autofocus: true}, 'Esc')),
    make('div', {class: 'scroll', tabindex: '0', role: 'group', 'aria-labelledby': 'failures-title'}, make('table', {class: 'list'},
      make('thead', {}, make('tr', {}, ...['kind', 'tile', 'what', 'why', 'fix'].map((word) => make('th', {scope: 'col'}, say(word))), make('td'))),
      make('tbody', {}, ...missing.map((tile) => make('tr', {},
        make('td', {}, make('strong', {}, tile.failure.kind)),
        make('td', {}, places(tile).map(([name, value]) => `${name}: ${value}`).join(', ')),
        ...[tile.failure.what, tile.failure.why, tile.failure.fix].map((text) => make('td', {}, text)),
        make('td', {}, button('show_tile', () => show(tile), {'aria-label': `${say('show_tile')}: ${tile.label}`}))))))));
  byId('failures').showModal();
};

const openHelp = () => {
  byId('help').setAttribute('aria-labelledby', 'help-title');
  byId('help').replaceChildren(
    make('div', {class: 'row'}, make('h2', {id: 'help-title'}, say('help_title')), make('span', {class: 'spring'}),
      button('close', () => byId('help').close(), {autofocus: true}, 'Esc')),
    make('p', {}, say('help_intro')),
    make('dl', {class: 'keys'}, ...data.keys.flatMap(([keys, word]) => [
      make('dt', {}, ...keys.split(' ').map((key) => make('kbd', {}, key))), make('dd', {}, say(word))])),
    make('label', {class: 'tool'}, make('input', {type: 'checkbox', checked: kept('keys') !== 'off', onchange: (event) => keep('keys', event.target.checked ? 'on' : 'off')}), say('help_keys')));
  byId('help').showModal();
};
