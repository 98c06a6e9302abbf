// Parts that the pages of several widgets are built from: elements, controls with their labels, and boxes of code.

function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && typeof value !== "string") element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.flat().filter(Boolean));
  return element;
}

// Sentences one after another, with a space between, which Chinese does without.
function joined(sentences) {
  return sentences.filter(Boolean).reduce((text, one) => text + (text && !/[。！？；：，）”]$/.test(text) ? " " : "") + one, "");
}

// `on(trait, then)` calls at once and at each change; `leave` ends all of it.
function listener(model) {
  const stop = [];
  const on = (name, then) => {
    model.on(`change:${name}`, then);
    stop.push(() => model.off(`change:${name}`, then));
    then();
  };
  return { on, leave: () => stop.forEach((undo) => undo()) };
}

// Jupyter closes a widget when its kernel ends or restarts: nothing that is done on the page reaches it any more.
function whenLost(model, then) {
  model.on("comm_live_update", then);
  return () => model.off("comm_live_update", then);
}

// Keep keys from Jupyter: there, a B on a button adds a cell, an arrow on a slider goes to another one, Shift+Enter in a text
// runs the cell again. JupyterLab listens while they bubble, Notebook 7 while they are captured. Returns a function that ends it.
function keepKeys(el) {
  const isOurs = (event) => el.contains(event.target) && (event.key === "Enter" || !(event.ctrlKey || event.metaKey || event.altKey));
  const before = (event) => { if (el.contains(event.target)) event.target.toggleAttribute("data-lm-suppress-shortcuts", isOurs(event)); };
  window.addEventListener("keydown", before, true);
  el.addEventListener("keydown", (event) => { if (isOurs(event)) event.stopPropagation(); });
  return () => window.removeEventListener("keydown", before, true);
}

// One control for each setting. `inputs`: by the setting's key, a function that writes into its control. `change` is called
// with what was changed, and whether by sliding, typing or choosing. A field brings its label and help, or has them in `labels` under its key.
function controls(id, labels, change) {
  const inputs = {};

  const labelled = (key, control, { label, help, after } = {}) => {
    const name = `${id}-${key}`;
    const text = help ?? labels[`${key}.help`] ?? "";
    control.id = name;
    if (text) control.setAttribute("aria-describedby", `${name}-help`);
    return h("div", { class: `pg-field pg-${key}` },
      h("label", { for: name }, label ?? labels[key]),
      h("div", { class: "pg-control" }, control, after ?? null),
      text && h("p", { class: "pg-help", id: `${name}-help` }, text));
  };

  const number = (field) => {
    const parse = (text) => (text.trim() === "" || Number.isNaN(Number(text)) ? null : Number(text));
    const limits = { min: `${field.min}`, max: `${field.max}`, step: `${field.step}` };
    const box = h("input", { type: "number", ...limits, inputmode: "decimal" });
    const write = (value) => { if (value !== null && parse(box.value) !== value) box.value = value; };
    box.addEventListener("input", () => change({ [field.key]: parse(box.value) }, "typing"));
    let slider = null;
    if (field.kind === "range") {
      slider = h("input", { type: "range", ...limits, "aria-label": field.label ?? labels[field.key] });
      slider.addEventListener("input", () => {
        write(Number(slider.value));
        change({ [field.key]: Number(slider.value) }, "sliding");
      });
    }
    inputs[field.key] = (value) => { write(value); if (slider && value !== null) slider.value = value; };
    return labelled(field.key, box, { label: field.label, help: field.help, after: slider ?? field.after });
  };

  const choice = (field) => {
    const list = h("select", {}, field.options.map(([value, label]) => h("option", { value: JSON.stringify(value) }, label)));
    list.addEventListener("change", () => change({ [field.key]: JSON.parse(list.value) }, "choosing"));
    inputs[field.key] = (value) => { list.value = JSON.stringify(value); };
    return labelled(field.key, list, { label: field.label, help: field.help });
  };

  const check = (field) => {
    const box = h("input", { type: "checkbox" });
    box.addEventListener("change", () => change({ [field.key]: box.checked }, "choosing"));
    inputs[field.key] = (value) => { box.checked = value; };
    const shown = labelled(field.key, box, { label: field.label, help: field.help });
    shown.classList.add("pg-check");
    return shown;
  };

  return { inputs, labelled, number, choice, check };
}

// Code to read and to copy, folded until it is asked for.
function codeBox(title, labels) {
  const text = h("pre", { tabindex: "0", "aria-label": title });
  const copy = h("button", { type: "button", class: "pg-small" }, labels.copy);
  copy.addEventListener("click", async () => {
    try { await navigator.clipboard.writeText(text.textContent); } catch {
      getSelection().selectAllChildren(text);
      document.execCommand("copy");
    }
    copy.textContent = labels.copied;
    setTimeout(() => { copy.textContent = labels.copy; }, 2000);
  });
  const above = h("p", { class: "pg-help" });
  const shown = h("details", { class: "pg-code" }, h("summary", {}, title), above, h("div", { class: "pg-code-box" }, text, copy));
  return { shown, text, above, copy };
}

// The status, as text and a mark. Both live regions stay on the page: one that comes and goes is not read out.
function statusLine() {
  const mark = h("span", { class: "pg-mark", "aria-hidden": "true" });
  const polite = h("span", { role: "status", "aria-live": "polite" });
  const alert = h("span", { role: "alert", "aria-live": "assertive" });
  const shown = h("div", { class: "pg-status" }, mark, polite, alert);
  const tell = ({ state, text }) => {
    const urgent = state === "failed" || state === "filtered";
    shown.dataset.state = state;
    polite.textContent = urgent ? "" : text;
    alert.textContent = urgent ? text : "";
  };
  return { shown, tell };
}

