// The places where somebody sits: their calibrations, the list on the page, a new one stored, an old one forgotten.
import { newId } from "./ids.js";
import { deliver } from "./outbox.js";
import { flush, putBaseline, URLS, waitingBaselines } from "./posture_outbox.js";
import { dateFormat, text } from "./texts.js";

const by = (id) => document.getElementById(id);
const SOMEWHERE = "00000000-0000-0000-0000-000000000000";
const DAY_MS = 24 * 60 * 60 * 1000;

export class Places {
  #known = []; // as the server lists them: {id, place, name, camera, view, confidence, made_at, document}
  #unread = new Set();
  #on;

  /** `on`: again(place), changed(). */
  constructor(on) {
    this.#on = on;
  }

  get all() {
    return this.#known;
  }

  /** Calibrations as the engine takes them. */
  get documents() {
    return this.#known.map(({ id, place, name, document }) => ({ ...document, id, place, name }));
  }

  /** Ages in days, by calibration. */
  get daysOld() {
    return Object.fromEntries(this.#known.map(({ id, made_at: at }) => [id, Math.max(0, (Date.now() - Date.parse(at)) / DAY_MS)]));
  }

  /** Places that the engine could not read: their row says so, and what to do. */
  set unread(unread) {
    this.#unread = new Set(unread);
    this.draw();
  }

  nameOf(place) {
    return this.#known.find((each) => each.place === place)?.name ?? null;
  }

  /** What the server knows, and what has not reached it yet. */
  async know(listed) {
    const waiting = await waitingBaselines();
    const renewed = new Set(waiting.map((each) => each.place));
    this.#known = [...listed.filter((each) => !renewed.has(each.place)), ...waiting];
    this.draw();
  }

  /** Keep a calibration; for a place that is known it takes the former one's turn. */
  async keep(document, { name, place = null, camera = "" }) {
    const { view, confidence } = document;
    const found = {
      id: newId(), place: place ?? newId(), name, camera: camera.slice(0, 120), view, confidence,
      made_at: new Date().toISOString(), document,
    };
    await putBaseline(found);
    this.#known = [...this.#known.filter((each) => each.place !== found.place), found];
    this.draw();
    flush({ force: true });
    return found;
  }

  /** Stop using a place. Gives whether the server has heard it. */
  async forget(place) {
    const outcome = await deliver({ url: URLS.forget.replace(SOMEWHERE, place), body: "{}" });
    if (outcome.kind !== "known") return false;
    this.#known = outcome.answer.baselines ?? this.#known.filter((each) => each.place !== place);
    this.draw();
    this.#on.changed();
    return true;
  }

  draw() {
    const list = by("places");
    by("places-section").hidden = this.#known.length === 0;
    list.replaceChildren(...this.#known.map((place) => this.#row(place)));
  }

  #row(place) {
    const row = by("place-row").content.firstElementChild.cloneNode(true);
    row.dataset.place = place.place;
    row.querySelector("[data-name]").textContent = place.name;
    row.querySelector("[data-facts]").textContent = this.#facts(place);
    for (const label of row.querySelectorAll("[data-of]")) label.textContent = `: ${place.name}`;
    row.querySelector("[data-again]").addEventListener("click", () => this.#on.again(place));
    row.querySelector("[data-forget]").addEventListener("click", (event) => this.#ask(place, row, event.currentTarget));
    return row;
  }

  #facts({ place, view, confidence, made_at: at }) {
    if (this.#unread.has(place)) return text("desk.unread");
    const day = dateFormat({ day: "numeric", month: "short", year: "numeric" }).format(new Date(at));
    const parts = [text(`desk.view_${view}`), text("desk.set_up_on", { day })];
    if (confidence === "low") parts.push(text("desk.low_confidence"));
    return parts.join(" · ");
  }

  /** Twice the same button: the first time it asks, the second time it does it. */
  async #ask(place, row, button) {
    const words = button.querySelector("[data-words]");
    if (button.dataset.sure !== "yes") {
      button.dataset.sure = "yes";
      words.textContent = text("desk.forget_sure");
      button.addEventListener("blur", () => {
        delete button.dataset.sure;
        words.textContent = text("desk.forget");
      }, { once: true });
      return;
    }
    const gone = await this.forget(place.place);
    const line = by("places-said");
    line.textContent = gone ? text("desk.forgotten", { place: place.name }) : text("desk.not_now_offline");
    if (gone) by(this.#known.length ? "places-title" : "before-title").focus();
  }
}
