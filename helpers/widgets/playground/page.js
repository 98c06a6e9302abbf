// The playground's page. It holds no rule of its own: Python says what there is to set, what it costs and what came of it.

const PART = 4 * 1024 * 1024; // bytes of one message: the server closes connections that bring more than 10 MB at once
const CHANGE_AFTER = 700; // milliseconds without another change, before "run on change" sends

function render({ model, el }) {
  const id = `playground-${Math.random().toString(36).slice(2)}`; // radio buttons of one name turn each other off
  const labels = model.get("page_labels");
  const { on, leave } = listener(model);

  // ---- what is set

  const settings = () => model.get("page_settings");
  const isBusy = () => Boolean(model.get("page_status").busy);
  let waiting = null;
  let again = false;

  const change = (changes) => {
    model.set("page_settings", { ...settings(), ...changes });
    model.save_changes();
    if (!onChange.checked) return;
    clearTimeout(waiting);
    waiting = setTimeout(runOfItself, CHANGE_AFTER);
  };
  const runOfItself = () => {
    if (isBusy()) again = true;
    else if (!model.get("page_quote").problems.length) send("run", { settings: settings(), because: "change" });
  };
  const send = (what, more = {}) => model.send({ do: what, ...more });
  const runNow = () => send("run", { settings: settings(), because: "button" });

  // ---- one control for each setting

  const { inputs, labelled, number, choice, check } = controls(id, labels, change);

  const size = (field) => {
    const shape = ([width, height]) => (width === height ? "square" : width > height ? "landscape" : "portrait");
    const shapes = Object.entries(field.options).filter(([, sizes]) => sizes.length);
    const shapeList = h("select", {}, shapes.map(([name]) => h("option", { value: name }, labels[name])));
    const sizeList = h("select");
    const fill = (chosen) => {
      const sizes = [...(field.options[shape(chosen)] ?? [])];
      if (!sizes.some((one) => one.join() === chosen.join())) sizes.push(chosen); // one that Python has set
      sizeList.replaceChildren(...sizes.map((one) => h("option", { value: one.join() }, one.join(" × "))));
      sizeList.value = chosen.join();
      shapeList.value = shape(chosen);
    };
    const take = ([width, height]) => change({ width, height });
    shapeList.addEventListener("change", () => take(field.options[shapeList.value][0]));
    sizeList.addEventListener("change", () => take(sizeList.value.split(",").map(Number)));
    inputs.size = (_, all) => fill([all.width, all.height]);
    return h("div", { class: "pg-pair" }, labelled("orientation", shapeList), labelled("size", sizeList));
  };

  const note = (field) => h("div", { class: "pg-field pg-note" },
    h("span", { class: "pg-label" }, labels[field.key]), h("p", { class: "pg-help" }, field.text));

  const KINDS = { range: number, number, choice, check, size, note };

  // ---- the parts of the page

  const header = h("header", { class: "pg-header" });
  const actions = h("fieldset", { class: "pg-actions" });
  const presets = h("div", { class: "pg-presets", role: "group", "aria-label": labels.presets });
  const sections = h("div", { class: "pg-sections" });

  const prompt = h("textarea", { rows: "2" });
  prompt.addEventListener("input", () => change({ prompt: prompt.value }));
  // What comes back while somebody writes is older than what they have written: a picture's seed brings all settings along.
  const writeInto = (box, value) => { if (box.value !== value && document.activeElement !== box) box.value = value; };
  inputs.prompt = (value) => writeInto(prompt, value);
  const negative = h("textarea", { rows: "3" });
  negative.addEventListener("input", () => change({ negative_prompt: negative.value }));
  const negativeField = labelled("negative_prompt", negative);
  inputs.negative_prompt = (value) => writeInto(negative, value);

  const run = h("button", { class: "pg-run", type: "button", onclick: runNow });
  const quote = h("p", { class: "pg-quote", id: `${id}-quote` });
  run.setAttribute("aria-describedby", quote.id);
  const onChange = h("input", { type: "checkbox", id: `${id}-on-change` });
  const onChangeRow = h("div", { class: "pg-on-change", title: labels["run_on_change.help"] },
    onChange, h("label", { for: onChange.id }, labels.run_on_change));

  const status = statusLine();

  const file = h("input", { type: "file", accept: "image/*", class: "pg-file", id: `${id}-file` });
  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    if (chosen) await upload(chosen);
    file.value = "";
  });
  const upload = async (chosen) => {
    const sent = chosen.size <= model.get("page_header").largest_upload ? chosen : new Blob([]); // Python says why not
    for (let start = 0; start === 0 || start < sent.size; start += PART) {
      const part = await sent.slice(start, start + PART).arrayBuffer();
      model.send({ do: "upload", start, name: chosen.name, size: chosen.size }, undefined, [part]);
    }
  };
  const referenceImage = h("img", { class: "pg-reference-image" });
  const referenceText = h("p", { class: "pg-help" });
  const painterPlace = h("div", { class: "pg-painter" });
  const paintHelp = h("p", { class: "pg-help" }, labels["reference.paint"]);
  const reference = h("section", { class: "pg-reference", "aria-labelledby": `${id}-reference` },
    h("h3", { id: `${id}-reference` }, labels.reference),
    h("p", { class: "pg-help" }, labels["reference.help"]),
    referenceImage, paintHelp, painterPlace, referenceText,
    h("label", { class: "pg-button", for: file.id }, labels["reference.upload"]), file);

  const tiles = h("div", { class: "pg-tiles" });
  const result = h("section", { class: "pg-result", "aria-labelledby": `${id}-result` },
    h("h3", { id: `${id}-result` }, labels.result), tiles);
  const pictures = h("div", { class: "pg-stage" }, result);
  const strip = h("div", { class: "pg-strip" });
  const history = h("section", { class: "pg-history", "aria-labelledby": `${id}-history` },
    h("h3", { id: `${id}-history` }, labels.history), strip);

  const python = codeBox(labels.python, labels);
  const body = codeBox(labels.request, labels);

  // ---- together

  el.classList.add("pg");
  const freeKeys = keepKeys(el);
  prompt.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) runNow();
  });
  el.append(
    header,
    h("div", { class: "pg-columns" },
      h("div", { class: "pg-main" },
        presets, labelled("prompt", prompt),
        h("div", { class: "pg-go" }, run, onChangeRow, quote),
        status.shown, pictures, history, python.shown, body.shown),
      h("div", { class: "pg-side" }, actions, negativeField, sections)));

  // ---- what Python tells

  on("page_header", () => {
    const told = model.get("page_header");
    const category = h("select", { id: `${id}-category` }, told.categories.map((name) => h("option", {}, name)));
    const models = h("select", { id: `${id}-model` }, told.models.map((one) => h("option", { value: one.value }, one.label)));
    models.value = told.model;
    const inference = h("select", { id: `${id}-inference` }, h("option", {}, told.inference));
    const about = h("p", { class: "pg-help pg-about" });
    const tell = () => {
      const chosen = told.models.find((one) => one.value === models.value);
      about.textContent = models.value === told.model ? chosen.note : `${chosen.note} ${labels.not_applied}`;
    };
    models.addEventListener("change", tell);
    tell();
    const field = (label, control) => h("div", { class: "pg-field" }, h("label", { for: control.id }, label), control);
    header.replaceChildren(
      h("div", { class: "pg-title" }, h("h2", {}, labels.title), h("span", { class: `pg-badge pg-${told.backend}` }, told.badge)),
      h("div", { class: "pg-choose" },
        field(labels.category, category), field(labels.model, models), field(labels.inference, inference),
        h("button", { type: "button", class: "pg-button", onclick: () => send("apply", { model: models.value }) }, labels.apply)),
      about);
    onChangeRow.hidden = told.backend !== "studio";
    const radio = (action) => {
      const button = h("input", { type: "radio", name: `${id}-action`, value: action.value, id: `${id}-${action.value}`, disabled: !action.able });
      button.addEventListener("change", () => change({ action: action.value }));
      return h("label", { for: button.id, class: action.able ? "" : "pg-off" }, button, action.label);
    };
    const [generate, variation, edit] = told.actions.map(radio);
    const modes = (key, ...buttons) => h("div", { class: "pg-mode" }, h("span", { class: "pg-label" }, labels[key]), ...buttons);
    actions.replaceChildren(
      h("legend", {}, labels.action),
      h("p", { class: "pg-help" }, told.actions_note || labels["action.help"]),
      modes("mode.generate", generate, variation), modes("mode.edit", edit));
    inputs.action = (value) => { const button = actions.querySelector(`input[value=${value}]`); if (button) button.checked = true; };
    presets.replaceChildren(h("span", { class: "pg-label" }, labels.presets), ...told.presets.map((one) =>
      h("button", { type: "button", class: "pg-button", title: one.help, onclick: () => send("preset", { name: one.value }) }, one.label)));
    showSettings();
  });

  function showSettings() {
    const now = settings();
    for (const [key, write] of Object.entries(inputs)) write(now[key], now);
    for (const part of sections.querySelectorAll("[data-when]")) part.hidden = !part.dataset.when.split(" ").includes(now.action);
    reference.hidden = now.action === "generate";
    // An edit is painted where there is room; for a variation the reference stands among the settings.
    if (now.action === "edit" && reference.parentNode !== pictures) pictures.prepend(reference);
    if (now.action === "variation" && reference.previousSibling !== negativeField) negativeField.after(reference);
    el.dataset.action = now.action;
    showReference();
  }

  on("page_form", () => {
    for (const key of Object.keys(inputs)) if (!["prompt", "negative_prompt", "action"].includes(key)) delete inputs[key];
    sections.replaceChildren(...model.get("page_form").map((section) => {
      const fields = section.fields.map((field) => {
        const shown = KINDS[field.kind](field);
        if (field.when) shown.dataset.when = field.when.join(" ");
        return shown;
      });
      return h("details", { class: "pg-section", open: true },
        h("summary", {}, labels[section.key]), h("p", { class: "pg-help" }, labels[`${section.key}.help`]), ...fields);
    }));
    showSettings();
  });

  on("page_settings", showSettings);

  on("page_quote", () => {
    const told = model.get("page_quote");
    quote.textContent = told.problems.length ? joined(told.problems) : told.text;
    quote.classList.toggle("pg-problem", told.problems.length > 0);
    showRun();
  });

  function showRun() {
    run.textContent = isBusy() ? labels["run.busy"] : model.get("page_quote").button;
    run.setAttribute("aria-disabled", String(isBusy()));
  }

  on("page_status", () => {
    status.tell(model.get("page_status"));
    result.setAttribute("aria-busy", String(isBusy()));
    el.classList.toggle("pg-busy", isBusy());
    showRun();
    if (again && !isBusy()) { again = false; runOfItself(); }
  });

  function showReference() {
    const told = model.get("page_reference");
    const painting = settings().action === "edit" && model.get("painter");
    referenceImage.hidden = !told.src || Boolean(painting);
    if (told.src) { referenceImage.src = told.src; referenceImage.alt = told.alt; }
    painterPlace.hidden = paintHelp.hidden = !painting;
    referenceText.textContent = told.src ? joined([told.alt, told.remark]) : labels["reference.none"];
  }
  on("page_reference", showReference);

  let painter = 0;
  on("painter", async () => {
    const turn = ++painter;
    const painted = model.get("painter");
    painterPlace.replaceChildren();
    showReference();
    if (!painted) return;
    const child = await model.widget_manager.get_model(painted.slice("IPY_MODEL_".length));
    const view = await model.widget_manager.create_view(child);
    if (turn === painter) painterPlace.replaceChildren(view.el); else view.remove();
  });

  on("page_result", () => {
    const { number, tiles: told } = model.get("page_result");
    tiles.dataset.count = told.length;
    if (!told.length) { tiles.replaceChildren(h("p", { class: "pg-empty" }, labels["result.none"])); return; }
    tiles.replaceChildren(...told.map((tile, index) => h("figure", { class: `pg-tile pg-${tile.kind}` },
      tile.src ? h("img", { src: tile.src, alt: tile.alt }) : h("div", { class: "pg-hole" }),
      tile.mark && h("span", { class: "pg-tile-mark" }, tile.mark),
      h("figcaption", {}, tile.caption),
      tile.kind === "picture" && model.get("page_header").actions[1].able && h("button", {
        type: "button", class: "pg-button", onclick: () => send("use", { number, place: index + 1 }),
        "aria-label": labels["use.of"].replace("{place}", index + 1),
      }, labels.use))));
  });

  on("page_history", () => {
    const told = model.get("page_history");
    if (!told.length) { strip.replaceChildren(h("p", { class: "pg-help" }, labels["history.none"])); return; }
    strip.replaceChildren(...told.map((one) => h("button", {
      type: "button", class: "pg-past", title: labels["history.help"], "aria-current": one.shown ? "true" : null,
      onclick: () => send("restore", { number: one.number }),
    },
      one.src ? h("img", { src: one.src, alt: one.alt }) : h("span", { class: "pg-hole", role: "img", "aria-label": one.alt }),
      h("span", { class: "pg-past-mark" }, [`${one.number}`, one.mark, one.shown ? labels["history.shown"] : ""].filter(Boolean).join(" · ")))));
    strip.scrollLeft = strip.scrollWidth;
  });

  on("page_code", () => {
    const told = model.get("page_code");
    for (const [box, text, above] of [[python, told.python, ""], [body, told.body, told.note]]) {
      box.text.textContent = text || labels["code.none"];
      box.above.textContent = above;
      box.copy.hidden = !text;
    }
  });

  const watch = whenLost(model, () => status.tell({ state: "failed", text: labels.lost }));
  return () => { clearTimeout(waiting); freeKeys(); watch(); leave(); };
}

export default { render };
