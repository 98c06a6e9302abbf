// Words from the table, and the elements they stand in. Text is only ever set as text.

const say = (word, values = {}) =>
  (data.words[word] ?? word).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

const byId = (id) => document.getElementById(id);

// make('button', {class: 'x', onclick: f}, child, 'text', …)
const make = (name, attributes = {}, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (typeof value === 'boolean') element.toggleAttribute(key, value);
    else if (value !== null && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
};

const button = (word, act, attributes = {}, key = '') =>
  make('button', {type: 'button', onclick: act, title: key ? `${say(word)} (${key})` : null, ...attributes}, say(word));

// Native radio buttons in a row: their arrow keys and their names come with them.
const choice = (label, name, options, chosen, act) =>
  make('fieldset', {class: 'choice'}, make('legend', {class: 'aside'}, label),
    ...options.map(([value, text, whole]) => make('label', {title: whole && whole !== text ? whole : null},
      make('input', {type: 'radio', name, value: String(value), checked: value === chosen, onchange: () => act(value)}),
      make('span', {}, text))));

const select = (label, options, chosen, act, attributes = {}) =>
  make('select', {'aria-label': label, onchange: (event) => act(event.target.selectedIndex), ...attributes},
    ...options.map((text, index) => make('option', {selected: index === chosen}, text)));

// Said inside what is open: what lies under a dialog is neither seen nor read out.
const spoken = byId('status');
let saying = 0;
const tell = (text) => {
  clearTimeout(saying);
  (document.querySelector('dialog[open]') ?? document.body).append(spoken);
  spoken.classList.add('shown');
  requestAnimationFrame(() => { spoken.textContent = text; });
  saying = setTimeout(() => { spoken.classList.remove('shown'); spoken.textContent = ''; }, 5000);
};

const copy = async (text, done) => {
  try {
    await navigator.clipboard.writeText(text);
    tell(done);
  } catch {
    const open = document.querySelector('dialog[open]') ?? document.body;
    const area = make('textarea', {class: 'copied', 'aria-label': done, readonly: true});
    const before = document.activeElement;
    area.value = text;
    open.append(area);
    area.select();
    if (document.execCommand('copy')) {
      area.remove();
      before?.focus();
      tell(done);
    } else {
      area.addEventListener('blur', () => area.remove());
      tell(say('not_copied'));
    }
  }
};
