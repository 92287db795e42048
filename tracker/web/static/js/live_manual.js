// A set without camera: the person counts with a large button, or follows the ring while holding. The ring beside the
// count keeps the pace of the figure, as a metronome would.
import { text } from "./texts.js";

const STEP_MS = 100;
const still = window.matchMedia("(prefers-reduced-motion: reduce)");

export class ManualSet {
  #view;
  #voice;
  #config;
  #count = 0;
  #heldS = 0;
  #holding = false;
  #began = performance.now();
  #before = performance.now();
  #activeS = 0;
  #paused = false;
  #timer = 0;
  #beat = -1;
  #pace;
  #onChange;

  /** `pace_s`: seconds of one repetition of the figure. `onChange(summary)` after everything that should be kept. */
  constructor(view, voice, config, { side, pace, onChange }) {
    this.#view = view;
    this.#voice = voice;
    this.#config = config;
    this.#pace = pace;
    this.#onChange = onChange;
    this.side = side;
    this.counts = config.exercise.kind === "repetitions";
    this.#timer = setInterval(() => this.#step(), STEP_MS);
    this.#show();
  }

  get #target() {
    return this.counts ? this.#config.prescription.reps : this.#config.prescription.hold_s;
  }

  add(change) {
    if (this.#paused) return;
    this.#count = Math.max(0, this.#count + change);
    this.#show();
    if (change > 0) {
      this.#voice.say(String(this.#count), { now: true });
      this.#voice.tone("tick");
      if (this.#count === this.#target) this.#view.cue(text("live.target_reached"), { praise: true, stays: 0 });
    }
    this.#view.announceCount(String(this.#count));
    this.#onChange(this.summary());
  }

  toggleHold() {
    if (this.#paused) return;
    this.#holding = !this.#holding;
    this.#before = performance.now();
    document.getElementById("hold-start-label").textContent = text(this.#holding ? "live.hold_stop" : "live.hold_start");
    if (this.#holding) this.#voice.say(text("live.hold"), { now: true });
    this.#onChange(this.summary());
  }

  pause(on) {
    this.#paused = on;
    this.#before = performance.now();
  }

  close() {
    clearInterval(this.#timer);
  }

  #step() {
    const now = performance.now();
    const passed = (now - this.#before) / 1000;
    this.#before = now;
    if (this.#paused) return;
    this.#activeS += passed;
    if (this.counts) this.#keepPace();
    else if (this.#holding) this.#hold(passed);
  }

  #keepPace() {
    if (!this.#pace || still.matches) return;
    const share = (this.#activeS % this.#pace) / this.#pace;
    this.#view.ring(share < 0.5 ? share * 2 : 2 - share * 2);
    const beat = Math.floor((this.#activeS * 2) / this.#pace);
    if (beat !== this.#beat) {
      this.#beat = beat;
      if (beat > 0) this.#voice.tone("tick");
    }
  }

  #hold(passed) {
    const before = this.#heldS;
    this.#heldS += passed;
    this.#show();
    if (Math.floor(before / 5) !== Math.floor(this.#heldS / 5)) this.#onChange(this.summary());
    if (before < this.#target && this.#heldS >= this.#target) {
      this.#holding = false;
      this.#count += 1;
      this.#voice.tone("done");
      this.#voice.say(text("live.hold_done"), { now: true });
      this.#view.cue(text("live.hold_done"), { praise: true, stays: 0 });
      document.getElementById("hold-start-label").textContent = text("live.hold_start");
      this.#onChange(this.summary());
    }
  }

  #show() {
    const target = this.#target;
    if (this.counts) {
      this.#view.count(this.#count, target ? text("live.of", { target }) : "");
      return;
    }
    const left = Math.max(0, Math.ceil(target - this.#heldS));
    this.#view.count(left, text("live.seconds"));
    this.#view.ring(target ? this.#heldS / target : 0);
  }

  /** The set as it is now, in the shape of the engine's summary; "manual" says who counted. */
  summary() {
    const { exercise, prescription } = this.#config;
    return {
      exercise: exercise.id,
      engine_version: "manual",
      kind: exercise.kind,
      side: this.side,
      view: null,
      duration_s: Math.round((performance.now() - this.#began) / 100) / 10,
      count: this.#count,
      counts: { left: 0, right: 0, both: 0, [this.side]: this.#count },
      partial: 0,
      target: prescription.reps,
      repetitions: [],
      holds: [],
      held_s: Math.round(Math.min(this.#heldS, this.#target ?? this.#heldS) * 10) / 10,
      gate: {},
      quality: null,
      trace: null,
      personal_range: null,
    };
  }
}
