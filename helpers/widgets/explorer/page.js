// The explorer's page. It holds no rule of its own: Python says what can be set, what it costs and what came of it.

const WAIT = { sliding: 40, choosing: 0, typing: 350 }; // milliseconds in which further changes join one that is not sent yet

function render({ model, el }) {
  const id = `explorer-${Math.random().toString(36).slice(2)}`; // ids of two views of one explorer must differ
  const labels = model.get("page_labels");
  const { on, leave } = listener(model);
  const send = (what, more = {}) => model.send({ do: what, ...more });

  // ---- what is set: changes are gathered for a moment, numbered, and sent; older answers do not move the controls

  let turn = 0;
  let gathered = {};
  let waiting = null;
  const flush = () => {
    clearTimeout(waiting);
    waiting = null;
    if (!Object.keys(gathered).length) return;
    send("set", { changes: gathered, by: id, turn });
    gathered = {};
  };
  const change = (changes, how = "choosing") => {
    const given = Object.entries(changes).filter(([, value]) => value !== null || how === "choosing");
    if (!given.length) return; // an empty box is on its way to a number
    turn += 1;
    Object.assign(gathered, Object.fromEntries(given));
    if (how !== "sliding") clearTimeout(waiting);
    if (how !== "sliding" || waiting === null) waiting = setTimeout(flush, WAIT[how]);
  };
  const { inputs, labelled, number, choice } = controls(id, labels, change);

  const text = (field) => {
    const box = h("textarea", { rows: "2" });
    box.addEventListener("input", () => change({ [field.key]: box.value }, "typing"));
    inputs[field.key] = (value) => { if (box.value !== (value ?? "")) box.value = value ?? ""; };
    return labelled(field.key, box, { label: field.label, help: "" });
  };
  const seed = (field) => {
    const again = h("button", { type: "button", class: "pg-button", onclick: () => change({ [field.key]: 0 }) }, field.again);
    const shown = number({ ...field, after: again });
    shown.classList.add("ex-seed");
    return shown;
  };
  const KINDS = { text, range: number, number: seed, choice, size: choice };

  const showValues = () => {
    const { by, turn: answered, values } = model.get("page_values");
    if (by === id && answered < turn) return; // a newer change is on its way
    for (const [key, write] of Object.entries(inputs)) if (key in values) write(values[key]);
  };

  // ---- the parts of the page

  const header = h("header", { class: "pg-header" });
  const image = h("img");
  const hole = h("div", { class: "ex-hole" });
  const mark = h("span", { class: "pg-tile-mark" });
  const caption = h("figcaption");
  const figure = h("figure", { class: "ex-picture" }, h("div", { class: "ex-frame" }, image, hole, mark), caption);
  const run = h("button", { type: "button", class: "pg-run", onclick: () => { flush(); send("run"); } });
  const keep = h("button", { type: "button", class: "pg-button", onclick: () => { flush(); send("keep"); } }, labels.keep);
  const note = h("p", { class: "ex-note", id: `${id}-note` });
  run.setAttribute("aria-describedby", note.id);
  const status = statusLine();
  const form = h("div", { class: "ex-form" });
  form.addEventListener("focusout", () => { if (waiting === null) showValues(); });
  const strip = h("div", { class: "ex-strip" });
  const python = codeBox(labels.python, labels);
  const body = codeBox(labels.request, labels);
  const title = (key) => h("h3", { id: `${id}-${key}` }, labels[key]);
  const part = (key, kind, ...inside) => h("section", { class: kind, "aria-labelledby": `${id}-${key}` }, title(key), ...inside);

  // ---- the sweep around it

  const axis = (label, first) => {
    const list = h("select");
    const place = h("div");
    let touched = false; // what a person has put in stays, while suggestions follow the body
    let read = () => null;
    const fill = () => {
      const chosen = model.get("page_axes").find((one) => one.path === list.value);
      touched = false;
      if (!chosen) { place.replaceChildren(); read = () => null; return; }
      if (chosen.kind === "numbers") {
        const box = h("input", { type: "text", value: chosen.text, spellcheck: "false" });
        box.addEventListener("input", () => { touched = true; });
        box.addEventListener("keydown", (event) => { if (event.key === "Enter") make(); });
        place.replaceChildren(labelled(`values-${first}`, box, { label: labels["sweep.values"], help: labels["sweep.values.help"] }));
        read = () => box.value;
        return;
      }
      const boxes = chosen.options.map(([value, name, checked]) => [value, h("input", { type: "checkbox", checked }), name]);
      boxes.forEach(([, box]) => box.addEventListener("change", () => { touched = true; }));
      place.replaceChildren(h("fieldset", { class: "ex-options" }, h("legend", {}, labels["sweep.values"]),
        boxes.map(([, box, name]) => h("label", {}, box, name))));
      read = () => boxes.filter(([, box]) => box.checked).map(([value]) => value);
    };
    const offer = () => {
      const before = list.value;
      const told = model.get("page_axes");
      const none = first ? [] : [h("option", { value: "" }, labels["sweep.no_second"])];
      list.replaceChildren(...none, ...told.map((one) => h("option", { value: one.path }, one.label)));
      list.value = told.some((one) => one.path === before) ? before : first ? told[0]?.path ?? "" : "";
      if (list.value !== before || !touched) fill();
    };
    list.addEventListener("change", fill);
    const shown = h("div", { class: "ex-axis" }, labelled(`axis-${first}`, list, { label }), place);
    return { shown, offer, told: () => (list.value ? [{ path: list.value, values: read() }] : []) };
  };
  const first = axis(labels["sweep.first"], true);
  const second = axis(labels["sweep.second"], false);
  const make = () => { flush(); send("sweep", { axes: [...first.told(), ...second.told()] }); };
  const problem = h("p", { class: "pg-problem", role: "alert" });
  const told = h("p", { role: "status", "aria-live": "polite" });
  const quote = h("dl", { class: "ex-quote", "aria-label": labels["sweep.quote"] });
  const sweepCode = codeBox(labels["sweep.python"], labels);
  sweepCode.shown.open = true;
  const sweep = h("details", { class: "ex-sweep" }, h("summary", {}, labels.sweep),
    h("p", { class: "pg-help" }, labels["sweep.help"]),
    h("div", { class: "ex-axes" }, first.shown, second.shown),
    h("button", { type: "button", class: "pg-button", onclick: make }, labels["sweep.make"]),
    h("div", { class: "ex-made" }, problem, told, quote, sweepCode.shown));

  // ---- together

  el.classList.add("pg", "ex");
  const freeKeys = keepKeys(el);
  el.append(header,
    h("div", { class: "ex-columns" },
      h("div", { class: "ex-stage" }, figure, h("div", { class: "ex-go" }, keep, run), note, status.shown),
      part("settings", "ex-side", form)),
    part("kept", "ex-strip-part", strip), sweep, python.shown, body.shown);

  // ---- what Python tells

  on("page_header", () => {
    const { backend, badge, model: name } = model.get("page_header");
    header.replaceChildren(h("h2", {}, labels.explorer), h("span", { class: "ex-model" }, name),
      h("span", { class: `pg-badge pg-${backend}` }, badge));
  });

  on("page_form", () => {
    for (const key of Object.keys(inputs)) delete inputs[key];
    form.replaceChildren(...model.get("page_form").map((field) => {
      const shown = KINDS[field.kind](field);
      shown.title = labels[`${field.name}.help`] ?? "";
      shown.classList.toggle("ex-wide", ["text", "range", "number"].includes(field.kind));
      shown.querySelector("label").append(h("span", { class: "ex-code", "aria-hidden": "true" }, field.key));
      return shown;
    }));
    showValues();
  });
  on("page_values", showValues);

  on("page_run", () => {
    const told = model.get("page_run");
    run.textContent = told.button;
    note.textContent = told.problem || told.text;
    note.classList.toggle("pg-problem", Boolean(told.problem));
  });

  on("page_picture", () => {
    const { kind, src, alt, caption: said, mark: word, stale } = model.get("page_picture");
    figure.dataset.kind = kind;
    figure.classList.toggle("ex-stale", Boolean(stale));
    image.hidden = !src;
    hole.hidden = Boolean(src);
    if (src) { image.src = src; image.alt = alt; }
    hole.textContent = kind === "empty" ? said : "";
    caption.textContent = kind === "empty" ? "" : stale || said;
    mark.textContent = stale ? labels.stale : word;
    mark.hidden = !mark.textContent;
    keep.setAttribute("aria-disabled", String(kind !== "picture" || Boolean(stale)));
  });

  let slow = null;
  on("page_status", () => {
    const now = model.get("page_status");
    clearTimeout(slow);
    el.classList.toggle("ex-busy", Boolean(now.busy));
    figure.setAttribute("aria-busy", String(Boolean(now.busy)));
    if (now.state === "busy") slow = setTimeout(() => status.tell(now), 400); // a quick answer needs no such text
    else status.tell(now);
  });

  on("page_kept", () => {
    const tiles = model.get("page_kept");
    if (!tiles.length) { strip.replaceChildren(h("p", { class: "pg-help" }, labels["kept.none"])); return; }
    strip.replaceChildren(...tiles.map((tile) => h("div", { class: "ex-kept", "data-shown": String(tile.shown) },
      h("button", { type: "button", class: "ex-back", "aria-current": tile.shown ? "true" : null, onclick: () => send("back", { number: tile.number }) },
        h("img", { src: tile.src, alt: tile.alt }), h("span", { class: "ex-label", "aria-hidden": "true" }, tile.label)),
      h("div", { class: "ex-foot" },
        h("span", {}, [`${tile.number}`, tile.shown ? labels["kept.shown"] : ""].filter(Boolean).join(" · ")),
        h("button", { type: "button", "aria-label": tile.remove, onclick: () => send("remove", { number: tile.number }) }, labels.remove)))));
  });

  on("page_axes", () => { first.offer(); second.offer(); });

  on("page_sweep", () => {
    const { rows, python: code, text: said, problem: wrong } = model.get("page_sweep");
    problem.textContent = wrong;
    problem.hidden = !wrong;
    told.textContent = said;
    quote.replaceChildren(...rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
    sweepCode.text.textContent = code;
    sweepCode.shown.hidden = !code;
  });

  on("page_code", () => {
    const { body: sent, python: code } = model.get("page_code");
    python.text.textContent = code;
    body.text.textContent = sent;
  });

  send("look"); // somebody looks: on the studio, the picture may follow now
  const watch = whenLost(model, () => { clearTimeout(slow); status.tell({ state: "failed", text: labels.lost }); });
  return () => { clearTimeout(waiting); clearTimeout(slow); freeKeys(); watch(); leave(); };
}

export default { render };
