// A guided calibration as the person sees it: what is asked, how long it lasts, where the zone is, what stands in the way.
// The engine decides; this shows, and passes on "leave this out".
import { text } from "./texts.js";

const by = (id) => document.getElementById(id);
const FRAME_S = 0; // the next picture as soon as there is one
const REASON_AFTER_S = 0.6; // a reason that passes by itself is not worth reading
const SKIPPABLE = ["slouch", "moves"];

export class Calibration {
  #engine;
  #said;
  #tone;
  #phase = null;
  #shutSince = null;
  #settle = null;
  #over = true;

  /** `said`: sentences by the engine's keys; `tone(name)`: sounds, where they are wanted. */
  constructor(engine, said, tone) {
    this.#engine = engine;
    this.#said = said;
    this.#tone = tone;
    by("skip-phase").addEventListener("click", () => this.#skip());
  }

  /** Guide through it. Resolves with {baseline}, {error: {key, remedy}}, or null when it was ended. */
  async run(options) {
    await this.#engine.begin("calibration", options);
    this.#phase = null;
    this.#shutSince = null;
    this.#over = false;
    return new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  cancel() {
    this.#finish(null);
  }

  /** One picture. */
  async seen(picture) {
    if (this.#over) return { in_s: 0.25, wake: true };
    const timeS = performance.now() / 1000;
    const guidance = await this.#engine.judge("calibration", { ...picture, time_s: timeS });
    if (this.#over) return { in_s: 0.25, wake: true };
    this.#show(guidance, timeS);
    if (["done", "failed"].includes(guidance.phase)) this.#finish(await this.#engine.call("calibration", "result"));
    return { in_s: FRAME_S, wake: false };
  }

  async #skip() {
    if (this.#over) return;
    await this.#engine.call("calibration", "skip");
  }

  #finish(outcome) {
    if (this.#over) return;
    this.#over = true;
    this.#settle(outcome);
  }

  #show(guidance, timeS) {
    drawZone(guidance.zone, guidance.view, guidance.can_tell);
    if (guidance.phase !== this.#phase) this.#enter(guidance.phase);
    by("phase-ring").style.setProperty("--done", String(guidance.done_share));
    by("phase-left").textContent = guidance.phase in this.#said.phases ? String(Math.ceil(guidance.left_s)) : "";
    this.#shutSince = guidance.can_tell ? null : (this.#shutSince ?? timeS);
    const shut = this.#shutSince !== null && timeS - this.#shutSince >= REASON_AFTER_S;
    const gate = shut ? guidance.gate : null;
    by("calibrate").classList.toggle("waits", gate !== null);
    setText(by("gate-reason"), gate ? this.#said.reasons[gate.reason] ?? text("desk.cannot_tell") : "");
    setText(by("gate-remedy"), gate ? this.#said.remedies[gate.remedy] ?? "" : "");
  }

  #enter(phase) {
    this.#phase = phase;
    if (!(phase in this.#said.phases)) return;
    setText(by("phase-title"), this.#said.phases[phase]);
    setText(by("phase-words"), this.#said.phase_words[phase]);
    by("calibrate").dataset.phase = phase;
    by("skip-phase").hidden = !SKIPPABLE.includes(phase);
    by("skip-why").hidden = !SKIPPABLE.includes(phase);
    this.#tone(phase === "look" ? "tick" : "go");
  }
}

/** Only what changes is written: a status that is written again may be read out again. */
export function setText(element, sentence) {
  if (element.textContent !== sentence) element.textContent = sentence;
}

/** The calibrated zone over the picture: where head and shoulders were, as a calm silhouette. */
export function drawZone(zone, view, calm = true) {
  const group = by("zone");
  group.toggleAttribute("hidden", !zone);
  if (!zone) return;
  group.classList.toggle("calm", calm);
  const picture = by("zone-picture");
  const [width, height] = [picture.viewBox.baseVal.width, picture.viewBox.baseVal.height];
  const box = { x: zone.x * width, y: zone.y * height, w: zone.w * width, h: zone.h * height };
  const frame = by("zone-frame");
  for (const [name, value] of Object.entries({ x: box.x, y: box.y, width: box.w, height: box.h })) {
    frame.setAttribute(name, String(value));
  }
  by("zone-body").setAttribute("d", view === "side" ? "" : silhouette(box));
}

/** Head and shoulders that fill a box: an ellipse and an arch. */
function silhouette({ x, y, w, h }) {
  const middle = x + w / 2;
  const wide = Math.min(w * 0.2, h * 0.26);
  const tall = wide * 1.32;
  const top = y + h * 0.05;
  const collar = top + tall * 2 + h * 0.03;
  const floor = y + h;
  const head = `M${middle - wide} ${top + tall}a${wide} ${tall} 0 1 1 ${wide * 2} 0a${wide} ${tall} 0 1 1 ${-wide * 2} 0Z`;
  const left = `M${x} ${floor}C${x} ${collar + (floor - collar) * 0.35} ${middle - w * 0.3} ${collar} ${middle} ${collar}`;
  const right = `S${x + w} ${collar + (floor - collar) * 0.35} ${x + w} ${floor}`;
  return `${head}${left}${right}`;
}
