// A definition's document and the fields that edit it. Fields are named by their place in the document
// ("view[0].peak.release"), so that what the loader complains about finds its field.
import { text } from "./texts.js";

const DEBOUNCE_MS = 350;
const STEP_OF_UNIT = { deg: 1, torso: 0.01, shoulders: 0.01 };
const LIMITS = ["at_most", "at_least"];

const steps = (key) => key.split(/[.[\]]+/).filter(Boolean).map((part) => (/^\d+$/.test(part) ? Number(part) : part));

function valueAt(document, key) {
  return steps(key).reduce((inner, part) => inner?.[part], document);
}

function put(document, key, value) {
  const path = steps(key);
  const last = path.pop();
  const owner = path.reduce((inner, part) => (inner[part] ??= {}), document);
  owner[last] = value;
}

function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

export class DocumentForm {
  #document = null;
  #timer = 0;

  /** `onChange(document)` comes a moment after the last change. */
  constructor(form, config, onChange) {
    this.form = form;
    this.config = config;
    form.addEventListener("input", ({ target }) => {
      if (target.closest('[data-many="equipment"]')) this.#equip(target);
      if (target.closest('[data-many="cautions"]')) this.#warn(target);
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => onChange(this.document), DEBOUNCE_MS);
    });
  }

  show(given) {
    this.#document = structuredClone(given);
    this.#zones();
    for (const field of this.#fields()) field.value = this.#written(field, valueAt(given, field.name));
    for (const group of this.form.querySelectorAll("[data-many]")) {
      const chosen = valueAt(given, group.dataset.many) ?? [];
      for (const box of group.querySelectorAll("input:not([data-none])")) box.checked = chosen.includes(box.value);
    }
    // Repetitions are not held, and a hold has no repetitions.
    const unused = given.kind === "repetitions" ? "dose.hold_s" : given.kind === "hold" ? "dose.reps" : null;
    for (const field of this.form.querySelectorAll(".field.number")) {
      const input = field.querySelector("input");
      field.hidden = input.name === unused;
      input.disabled = input.name === unused;
    }
  }

  #fields() {
    return [...this.form.querySelectorAll("[name]:not(:disabled)")];
  }

  #written(field, value) {
    if (value === undefined || value === null) return "";
    return "list" in field.dataset ? value.join("\n") : String(value);
  }

  #read(field) {
    if ("list" in field.dataset) return field.value.split("\n").map((line) => line.trim()).filter(Boolean);
    if (field.type === "number") return field.value === "" ? null : Number(field.value);
    return field.value.trim();
  }

  /** The document with what the fields say. An empty number is left out, so that the loader names it as missing. */
  get document() {
    const made = structuredClone(this.#document);
    for (const field of this.#fields()) {
      const value = this.#read(field);
      if (value !== null) put(made, field.name, value);
      else if (valueAt(made, field.name) !== undefined) put(made, field.name, undefined);
    }
    for (const group of this.form.querySelectorAll("[data-many]")) {
      put(made, group.dataset.many, [...group.querySelectorAll("input:checked:not([data-none])")].map((box) => box.value));
    }
    this.#widen(made.dose);
    return JSON.parse(JSON.stringify(made)); // without what is undefined
  }

  /** Nothing at all and something do not go together. */
  #equip(changed) {
    if (!changed.checked) return;
    for (const box of this.form.querySelectorAll('[data-many="equipment"] input')) {
      if ((box.value === "none") !== (changed.value === "none")) box.checked = false;
    }
  }

  /** "None of these" is an answer of its own: it is no caution of the document, and goes with none. */
  #warn(changed) {
    if (!changed.checked) return;
    for (const box of this.form.querySelectorAll('[data-many="cautions"] input')) {
      if ("none" in box.dataset !== "none" in changed.dataset) box.checked = false;
    }
  }

  /** What can be prescribed contains the usual dose. */
  #widen(dose) {
    const within = (key, value, fallback) => {
      const [low, high] = dose[key] ?? fallback;
      if (Number.isFinite(value)) dose[key] = [Math.min(low, value), Math.max(high, value)];
    };
    within("sets_range", dose.sets, [1, 5]);
    if (this.#document.kind !== "hold") within("reps_range", dose.reps, [1, 30]);
    if (this.#document.kind !== "repetitions") within("hold_s_range", dose.hold_s, [5, 120]);
  }

  /** The numbers of every view: for start and turning point a line for each measure. */
  #zones() {
    const place = document.getElementById("zones");
    place.replaceChildren(
      ...(this.#document.view ?? []).flatMap((view, n) => [
        make("h3", { class: "h5" }, this.config.views[view.name] ?? view.name),
        ...["start", "peak"].map((zone) => this.#zone(view[zone], `view[${n}].${zone}`, text(`zone.${zone}`))),
      ]),
    );
  }

  #zone(zone, key, title) {
    const lines = [[zone, key], ...(zone.also ?? []).map((also, n) => [also, `${key}.also[${n}]`])];
    const group = make("fieldset", { class: "zone", "data-zone": key }, make("legend", {}, title));
    for (const [threshold, at] of lines) group.append(this.#threshold(threshold, at));
    if ("hold_s" in zone) group.append(make("div", { class: "number-fields" }, this.#number(`${key}.hold_s`, this.config.numbers.hold_s, "s", 0.05)));
    return group;
  }

  #threshold(threshold, key) {
    const measure = this.config.measures[threshold.measure] ?? { title: threshold.measure, unit: "" };
    const unit = measure.unit === "deg" ? "°" : (this.config.units[measure.unit] ?? "");
    const step = STEP_OF_UNIT[measure.unit] ?? 0.01;
    const limit = LIMITS.find((name) => name in threshold);
    const title = threshold.from_rest ? `${measure.title} (${text("zone.from_rest")})` : measure.title;
    const names = [limit, ..."tolerance" in threshold ? ["tolerance"] : [], "release"];
    return make(
      "div",
      { class: "threshold", role: "group", "aria-label": title },
      make("p", { class: "threshold-name" }, title),
      make("div", { class: "number-fields" }, ...names.map((name) => this.#number(`${key}.${name}`, this.config.numbers[name], unit, step))),
    );
  }

  #number(name, label, unit, step) {
    const id = `field-${name}`;
    const input = make("input", { class: "form-control num", id, name, type: "number", inputmode: "decimal", step: "any", min: "-360", max: "360", required: "" });
    input.addEventListener("keydown", (event) => this.#nudge(event, step));
    return make(
      "div",
      { class: "field number" },
      make("label", { class: "form-label", for: id }, label),
      make("div", { class: "with-unit" }, input, make("span", { "aria-hidden": "true" }, unit)),
    );
  }

  /** Arrow keys move by what is worth trying, from wherever the number is. */
  #nudge(event, step) {
    if (!["ArrowUp", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    const moved = Number(event.target.value) + (event.key === "ArrowUp" ? step : -step);
    event.target.value = String(Math.round(moved * 1000) / 1000);
    event.target.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // -------------------------------------------------------------------------------------------- complaints

  clear() {
    for (const words of this.form.querySelectorAll(".field-problem.made")) words.remove();
    for (const field of this.form.querySelectorAll("[aria-invalid]")) {
      field.removeAttribute("aria-invalid");
      field.classList.remove("is-invalid");
      const others = (field.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => !id.startsWith("problem-"));
      if (others.join("")) field.setAttribute("aria-describedby", others.join(" "));
      else field.removeAttribute("aria-describedby");
    }
    const rest = document.getElementById("problem-rest");
    rest.hidden = true;
    rest.textContent = "";
  }

  /** A complaint beside its field, or at the part it belongs to, or above the button. Returns what to look at. */
  complain(key, sentence) {
    const field = this.#fields().find((each) => each.name === key) ?? this.form.querySelector(`[data-many="${CSS.escape(key)}"]`);
    const zone = [...this.form.querySelectorAll("[data-zone]")].find((each) => key.startsWith(each.dataset.zone));
    const target = field ?? zone;
    if (!target) {
      const rest = document.getElementById("problem-rest");
      rest.hidden = false;
      rest.textContent = sentence;
      return rest;
    }
    const id = `problem-${key}`;
    const words = make("p", { class: "field-problem made", id }, sentence);
    target.setAttribute("aria-invalid", "true");
    target.setAttribute("aria-describedby", [target.getAttribute("aria-describedby"), id].filter(Boolean).join(" "));
    target.classList.add("is-invalid");
    for (let part = target; part; part = part.parentElement) if (part.localName === "details") part.open = true;
    (target.closest(".field") ?? target).append(words);
    return target;
  }

  /** The sentence for a complaint of the engine in this page; the server says the same in the same words. */
  sentence(key, reason) {
    const bare = key.replace(/\[\d+\]/g, "");
    const places = Object.keys(this.config.places).filter((place) => bare === place || bare.startsWith(`${place}.`));
    const place = places.sort((a, b) => b.length - a.length)[0];
    const which = this.config.numbers[bare.split(".").at(-1)];
    return `${[this.config.places[place], which].filter(Boolean).join(": ")} ${reason}.`;
  }
}
