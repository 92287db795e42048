// A set without camera: the person counts with a large button, or follows the ring while holding. The ring beside the
// count keeps the pace of the figure, as a metronome would. A timer, for what no camera can judge, runs by itself from
// getting into place to the last round and says each change aloud: whoever is on all fours has no hand for a button.
import { text } from "./texts.js";

const STEP_MS = 100;
const INTO_PLACE_S = 10;
const BETWEEN_ROUNDS_S = 3; // the application's estimate of a set's length counts with it too
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
  #onDone;
  #stage = "hold"; // of a timer: place, hold, between, done
  #leftS = 0; // of the stage
  #saidS = null;

  /**
   * `pace`: seconds of one repetition of the figure. `onChange(summary)` after everything that should be kept.
   * `onDone()` when a timer has run through.
   */
  constructor(view, voice, config, { side, pace, onChange, onDone }) {
    this.#view = view;
    this.#voice = voice;
    this.#config = config;
    this.#pace = pace;
    this.#onChange = onChange;
    this.#onDone = onDone;
    this.side = side;
    this.counts = config.exercise.kind === "repetitions";
    this.guided = config.exercise.kind === "timer";
    if (this.guided) this.#enter("place");
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
    if (this.guided) {
      // Already in place: no need to wait.
      if (this.#stage === "place") this.#enter("hold");
      return;
    }
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
    else if (this.guided) this.#guide(passed);
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

  get #rounds() {
    return this.#config.prescription.reps ?? 1;
  }

  #enter(stage) {
    this.#stage = stage;
    this.#leftS = { place: INTO_PLACE_S, hold: this.#target, between: BETWEEN_ROUNDS_S, done: 0 }[stage];
    this.#saidS = null;
    const button = document.getElementById("hold-start");
    button.hidden = stage !== "place";
    if (stage === "place") {
      document.getElementById("hold-start-label").textContent = text("live.timer_in_place");
      this.#view.cue(text("live.timer_place"), { stays: 0 });
      this.#voice.say(text("live.timer_place"));
    } else if (stage === "hold") {
      this.#view.cue(null);
      this.#voice.tone("go");
      this.#voice.say(text(this.#count ? "live.timer_again" : "live.begin"), { now: true });
    } else if (stage === "between") {
      this.#view.cue(text("live.timer_let_go"), { stays: 0 });
      this.#voice.tone("done");
      this.#voice.say(text("live.timer_let_go"), { now: true });
    } else {
      this.#view.cue(text("live.hold_done"), { praise: true, stays: 0 });
      this.#voice.tone("done");
      this.#voice.say(text("live.hold_done"), { now: true });
    }
    this.#show();
  }

  /** One moment of a timer. A round counts when its time is over; the time of a broken one is kept as well. */
  #guide(passed) {
    if (this.#stage === "done") return;
    const before = this.#heldS;
    if (this.#stage === "hold") this.#heldS += Math.min(passed, this.#leftS);
    this.#leftS -= passed;
    const whole = Math.ceil(this.#leftS);
    if (this.#stage !== "hold" && whole > 0 && whole <= 3 && whole !== this.#saidS) {
      this.#saidS = whole;
      this.#voice.tone("tick");
    }
    if (this.#leftS > 0) {
      this.#show();
      if (Math.floor(before / 5) !== Math.floor(this.#heldS / 5)) this.#onChange(this.summary());
      return;
    }
    if (this.#stage !== "hold") {
      this.#enter("hold");
      return;
    }
    this.#count += 1;
    this.#enter(this.#count < this.#rounds ? "between" : "done");
    this.#view.announceCount(text("live.timer_round", { n: this.#count, total: this.#rounds }));
    this.#onChange(this.summary());
    if (this.#stage === "done") this.#onDone?.();
  }

  #showTimer() {
    const whole = { place: INTO_PLACE_S, hold: this.#target, between: BETWEEN_ROUNDS_S, done: 1 }[this.#stage];
    const round = Math.min(this.#count + 1, this.#rounds);
    const words = this.#stage === "place" ? text("live.ready") : this.#rounds > 1 ? text("live.timer_round", { n: round, total: this.#rounds }) : text("live.seconds");
    this.#view.count(Math.max(0, Math.ceil(this.#leftS)), words);
    const share = whole ? this.#leftS / whole : 0;
    this.#view.ring(this.#stage === "hold" || this.#stage === "done" ? 1 - share : share);
  }

  #show() {
    if (this.guided) {
      this.#showTimer();
      return;
    }
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
      held_s: Math.round(Math.min(this.#heldS, (this.#target ?? this.#heldS) * (this.guided ? this.#rounds : 1)) * 10) / 10,
      gate: {},
      quality: null,
      trace: null,
      personal_range: null,
    };
  }
}
