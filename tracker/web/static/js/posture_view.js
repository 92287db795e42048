// What the person sees while the browser watches: a horizon that tilts and settles, a sentence, three figures. Nothing
// here judges, and nothing is said by colour alone.
import { setText } from "./posture_calibration.js";
import { dateFormat, number, pageData, text } from "./texts.js";

const by = (id) => document.getElementById(id);
const MOST_TILT_DEG = 14;
const TILT_SHOWN = 1.4; // a few degrees should be seen
const SINKS_BY = 42; // pixels of the drawing, from the calm pose to the own slouch
const LEANS_BY = 22;
const REASON_AFTER_MS = 2500; // a glance to the side is not worth a word
const MINUTE_S = 60;

const clock = dateFormat({ hour: "2-digit", minute: "2-digit", timeZone: pageData("desk-config").zone });

/** The time of an instant where the person's day is. */
export const clockOf = (atMs) => clock.format(new Date(atMs));

export class View {
  #said;
  #unclearSince = null;
  #last = null;

  constructor(said) {
    this.#said = said;
  }

  /** A verdict of the engine. `place`: the name of the place it chose. */
  verdict(verdict, { place, breakRule, breakEveryS, silentUntil }) {
    this.#last = verdict;
    const now = performance.now();
    this.#unclearSince = verdict.can_tell ? null : (this.#unclearSince ?? now);
    const unclear = this.#unclearSince !== null && now - this.#unclearSince >= REASON_AFTER_MS;
    // A moment in which it cannot be told changes neither the picture nor the words.
    if (!verdict.can_tell && !unclear && verdict.state !== "away") return;
    this.#horizon(verdict);
    this.#words(verdict, unclear);
    this.#figures(verdict, { place, breakRule, breakEveryS, silentUntil });
  }

  /** Not watching right now: "paused", "lost", "resting". */
  still(state, { sentence, words }) {
    this.#unclearSince = null;
    const scene = by("horizon");
    scene.dataset.state = state;
    setText(by("state"), sentence);
    setText(by("state-words"), words ?? "");
    by("state-hint").hidden = true;
    // Nobody counts now: what stood there would grow old.
    for (const id of ["still", "changes", "next-break"]) setText(by(id), "–");
  }

  #horizon({ state, can_tell: canTell, score, tilt_deg: tilt, lean }) {
    const scene = by("horizon");
    const shown = canTell ? state : state === "away" ? "away" : state === "starting" ? "starting" : "unknown";
    if (scene.dataset.state !== shown) scene.dataset.state = shown;
    if (!canTell) return; // it stays where it was: nothing is guessed
    const down = score === null ? 0 : 1 - score / 100;
    const angle = Math.max(-MOST_TILT_DEG, Math.min(MOST_TILT_DEG, (tilt ?? 0) * TILT_SHOWN));
    const set = (name, value) => scene.style.setProperty(name, value);
    // As in a mirror: the subject's left is on the left, and goes down when it is lower.
    set("--tilt", `${(-angle).toFixed(1)}deg`);
    set("--sink", `${(down * SINKS_BY).toFixed(1)}px`);
    set("--rise", (1 - 0.72 * down).toFixed(3));
    set("--lean", `${lean === "left" ? -LEANS_BY : lean === "right" ? LEANS_BY : 0}px`);
    // Without motion it moves in steps that one does not see moving.
    scene.dataset.score = score === null ? "" : String(Math.round(score));
  }

  #words(verdict, unclear) {
    const { state, gate, hint } = verdict;
    const clear = verdict.can_tell || !unclear || state === "away";
    const key = clear ? state : "unknown";
    setText(by("state"), this.#said.states[key] ?? "");
    const reason = clear ? "" : [this.#said.reasons[gate?.reason], this.#said.remedies[gate?.remedy]].filter(Boolean).join(" ");
    const words = [reason || this.#said.state_words[key], clear ? this.#more(verdict) : ""].filter(Boolean).join(" ");
    setText(by("state-words"), words);
    by("state-hint").hidden = !(hint && clear);
  }

  #more({ lean, neck_lean: neck, confidence, state }) {
    const parts = [];
    if (lean && ["comfort", "slouch"].includes(state)) parts.push(text(`desk.lean_${lean}`));
    if (neck) parts.push(text("desk.neck_lean", { deg: number(neck.deg), error: number(neck.error_deg) }));
    if (confidence === "low" && state === "slouch") parts.push(text("desk.not_sure"));
    return parts.join(" ");
  }

  #figures(verdict, { place, breakRule, breakEveryS, silentUntil }) {
    const minutes = Math.floor(verdict.still_s / MINUTE_S);
    const present = !["away", "starting"].includes(verdict.state);
    setText(by("still"), present ? text("desk.minutes", { n: number(minutes) }) : "–");
    const rate = verdict.changes_per_hour;
    setText(by("changes"), rate === null ? "–" : number(rate, rate < 10 ? 1 : 0));
    setText(by("next-break"), this.#nextBreak(verdict, breakRule, breakEveryS, silentUntil));
    setText(by("place-now"), place ?? text("desk.no_place"));
  }

  #nextBreak(verdict, rule, everyS, silentUntil) {
    if (rule === "off") return text("desk.break_off");
    if (verdict.state === "away") return text("desk.break_away");
    const known = verdict.break_in_s ?? (rule === "still" ? everyS - verdict.still_s : null);
    if (known === null) return "–";
    // Nothing is offered while it is to be silent; what is due then is offered when that is over.
    const at = Math.max(Date.now() + known * 1000, silentUntil ?? 0);
    if (at <= Date.now() + (MINUTE_S / 2) * 1000) return text("desk.break_now");
    return text("desk.break_at", { time: clockOf(at) });
  }

  get last() {
    return this.#last;
  }
}
