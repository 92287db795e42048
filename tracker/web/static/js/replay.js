// The session page of a clinician: the stored joint positions of a set move beside the ideal figure, and one line runs over
// the chart in step. The first set that can be replayed is opened with the page, the others when they are asked for.
// Nothing moves by itself.
import "./figure.js";
import { Person } from "./replay_person.js";
import { Player, SPEEDS, shareAt } from "./replay_player.js";
import { fetchTrack } from "./replay_track.js";
import { number, pageData, text } from "./texts.js";

const NEAR_S = 0.2; // a measured value this far away still belongs to the frame
const FRONT = "front";
const KEYS = {
  " ": "play", ArrowLeft: "back", ArrowRight: "on", Home: "start", End: "end", "[": "slower", "]": "faster",
  n: "next", p: "previous", r: "loop", m: "mirror", s: "sides",
};

class Review {
  #root;
  #told;
  #player = null;
  #opening = null;
  #person = null;
  #ideal = null;
  #mirrored = false;
  #folded = false;
  #parts = {};
  #note = "";

  constructor(root) {
    this.#root = root;
    this.#told = pageData(root.dataset.replay);
    this.open = root.querySelector(".replay-open");
    this.open.hidden = false;
    this.open.addEventListener("click", () => this.start({ focus: true }));
    root.querySelector(".replay-beads").hidden = false;
    root.querySelectorAll(".bead").forEach((bead) => bead.addEventListener("click", () => this.show(Number(bead.dataset.move))));
    root.addEventListener("keydown", (event) => this.#key(event));
    this.#plot()?.addEventListener("pointerdown", (event) => this.#point(event));
  }

  #plot() {
    return this.#root.querySelector(".plot");
  }

  /** Load the joint positions and show the first frame; once. */
  start({ focus = false } = {}) {
    this.#opening ??= this.#load();
    return this.#opening.then((opened) => {
      if (opened && focus) this.#root.focus({ preventScroll: true });
      return opened;
    });
  }

  async #load() {
    const stage = this.#root.querySelector(".stage");
    const began = performance.now();
    this.#root.classList.add("open");
    this.open.hidden = true;
    stage.hidden = false;
    stage.append(document.getElementById("replay-stage").content.cloneNode(true));
    this.#veil(text("replay.loading"));
    let track;
    try {
      track = await fetchTrack(this.#root.dataset.track);
    } catch (error) {
      this.#root.classList.remove("open", "opens-first");
      const words = document.createElement("p");
      words.className = "alert alert-warning";
      words.setAttribute("role", "status");
      words.textContent = text(error.message);
      stage.replaceChildren(words);
      return false;
    }
    this.#build(track);
    this.#root.dataset.opened = String(Math.round(performance.now() - began));
    return true;
  }

  #build(track) {
    const controls = this.#root.querySelector(".controls");
    controls.hidden = false;
    controls.append(document.getElementById("replay-controls").content.cloneNode(true));
    for (const name of ["scrubber", "speed", "clock", "values", "now", "flagged"]) this.#parts[name] = this.#root.querySelector(`[data-${name}]`);
    this.#person = new Person(this.#root.querySelector("[data-person]"), track, this.#told.angle);
    this.#player = new Player(track, this.#told, (what) => this.#changed(what));
    this.#parts.scrubber.max = this.#player.until;
    this.#parts.scrubber.addEventListener("input", () => this.#player.seek(Number(this.#parts.scrubber.value)));
    for (const button of controls.querySelectorAll("[data-do]")) button.addEventListener("click", () => this.#do(button.dataset.do));
    for (const button of this.#parts.flagged.querySelectorAll("button")) {
      button.disabled = !this.#player.flagged.length;
      if (button.disabled) button.title = text("replay.no_flags");
    }
    if (!this.#told.moves.length) this.#button("loop").disabled = true;
    const sides = this.#button("sides");
    if (this.#told.view !== FRONT) {
      sides.disabled = true;
      sides.title = text("replay.sides_need_front");
    }
    this.#ideal = this.#root.querySelector("exercise-figure");
    this.#ideal?.addEventListener("drawn", () => this.#turn(track));
    this.#turn(track);
    this.#changed("seek");
  }

  /** Both figures look the same way: the ideal one is drawn with one working side, or looking to the right. */
  #turn(track) {
    const drawn = this.#ideal?.drawn;
    if (!drawn) return;
    const side = this.#player.move?.side ?? this.#told.side;
    const other = drawn.view === FRONT ? side === "right" : track.faces() === -drawn.faces;
    this.#ideal.classList.toggle("mirrored", other !== this.#mirrored);
  }

  #button(name) {
    return this.#root.querySelector(`[data-do="${name}"]`);
  }

  /** Go to a movement of this set, opening it first. */
  async show(index) {
    if (!(await this.start({ focus: false })) || !this.#told.moves[index]) return;
    this.#note = "";
    this.#player.pause();
    this.#player.show(this.#told.moves[index]);
  }

  async showPosition(position) {
    await this.show(this.#told.moves.findIndex((move) => move.n === position));
    if (!this.#player) return;
    this.#root.scrollIntoView({ block: "start" });
    this.#root.focus({ preventScroll: true });
  }

  #do(action) {
    const player = this.#player;
    this.#note = "";
    const actions = {
      play: () => player.toggle(),
      start: () => player.seek(0),
      end: () => player.seek(player.until),
      back: () => player.step(-1),
      on: () => player.step(1),
      slower: () => player.changeSpeed(-1),
      faster: () => player.changeSpeed(1),
      next: () => this.#jump(1),
      previous: () => this.#jump(-1),
      loop: () => player.loop(),
      mirror: () => this.#mirror(),
      sides: () => this.#fold(),
    };
    if (!this.#button(action)?.disabled) actions[action]();
  }

  #jump(direction) {
    this.#player.pause();
    this.#player.jump(direction);
  }

  #mirror() {
    this.#mirrored = !this.#mirrored;
    this.#person.mirrored = this.#mirrored;
    this.#turn(this.#player.track);
    this.#changed("look");
  }

  #fold() {
    this.#folded = !this.#folded;
    this.#person.folded = this.#folded;
    this.#note = this.#folded ? text("replay.sides_shown") : "";
    this.#changed("look");
  }

  /** Keys belong to this set only while the focus is in it; fields, links and opened details keep theirs. */
  #key(event) {
    if (!this.#player || event.ctrlKey || event.metaKey || event.altKey) return;
    const action = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action) return;
    if (event.key === " " && event.target.closest("button, a, summary, input:not([type=range])")) return;
    if (event.target.closest(".table-responsive")) return; // it scrolls by its own arrows
    event.preventDefault();
    this.#do(action);
  }

  /** A press on the chart goes there, and so does a finger that moves on. */
  async #point(event) {
    const plot = this.#plot();
    const seek = ({ clientX }) => {
      const { left, width } = plot.getBoundingClientRect();
      this.#player.seek(((clientX - left) / width) * Number(plot.closest("[data-until]").dataset.until));
    };
    plot.setPointerCapture?.(event.pointerId);
    if (!(await this.start())) return;
    this.#note = "";
    seek(event);
    plot.addEventListener("pointermove", seek);
    for (const end of ["pointerup", "pointercancel"]) plot.addEventListener(end, () => plot.removeEventListener("pointermove", seek), { once: true });
  }

  // ---------------------------------------------------------------------------------------------- showing

  #changed(what) {
    const { moment, frame, until, track } = this.#player;
    const values = this.#values(moment);
    this.#person.draw(frame, values);
    this.#ideal?.pose(shareAt(this.#told.moves, moment));
    if (this.#told.side === "both" && this.#ideal?.drawn?.view === FRONT) this.#turn(track);
    this.#line(moment);
    const seen = track.somebody(frame);
    this.#veil(seen ? "" : text("replay.nobody"));
    const clock = text("replay.clock", { now: number(moment, 1), until: number(until, 1) });
    const place = text("replay.frame", { n: frame + 1, all: track.frames });
    this.#parts.clock.textContent = `${clock} · ${place}`;
    this.#parts.values.textContent = this.#measured(values);
    this.#parts.scrubber.value = moment;
    this.#now(moment, clock, what);
    if (what !== "tick") this.#buttons();
  }

  #values(moment) {
    const { curve } = this.#told;
    if (!curve) return {};
    let low = 0;
    let high = curve.t.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (curve.t[middle] < moment) low = middle + 1;
      else high = middle;
    }
    const nearest = low > 0 && moment - curve.t[low - 1] < curve.t[low] - moment ? low - 1 : low;
    if (Math.abs(curve.t[nearest] - moment) > NEAR_S) return {};
    return { left: curve.left?.[nearest] ?? null, right: curve.right?.[nearest] ?? null };
  }

  #measured(values) {
    const degrees = this.#told.unit === "deg";
    const said = ["left", "right"]
      .filter((side) => values[side] !== null && values[side] !== undefined)
      .map((side) => `${text(`replay.${side}`)} ${number(values[side], degrees ? 0 : 2)}${degrees ? "°" : ""}`);
    return said.length ? `· ${this.#told.measure}: ${said.join(", ")}` : "";
  }

  #line(moment) {
    const line = this.#root.querySelector(".playhead");
    if (!line) return;
    const until = Number(line.closest("[data-until]").dataset.until);
    const at = `${Math.min(100, (moment / until) * 100).toFixed(2)}%`;
    line.setAttribute("x1", at);
    line.setAttribute("x2", at);
  }

  /** Words about the movement at this moment, and its bead. Spoken when somebody went there, not while it plays. */
  #now(moment, clock, what) {
    const { move } = this.#player;
    const blind = this.#told.blind.some(([from, to]) => from <= moment && moment < to);
    const words = this.#note || move?.words || (blind ? text("replay.blind") : text("replay.between"));
    const { now, scrubber } = this.#parts;
    now.setAttribute("aria-live", what === "tick" || this.#player.playing ? "off" : "polite");
    if (now.textContent !== words) now.textContent = words;
    scrubber.setAttribute("aria-valuetext", `${clock}. ${words}`);
    const current = move ? this.#told.moves.indexOf(move) : -1;
    this.#root.querySelectorAll(".bead").forEach((bead, index) => {
      if (index === current) bead.setAttribute("aria-current", "true");
      else bead.removeAttribute("aria-current");
    });
  }

  #buttons() {
    const { playing, speed, looping } = this.#player;
    const play = this.#button("play");
    const name = text(playing ? "replay.pause" : "replay.play");
    play.setAttribute("aria-label", name);
    play.title = `${name} (Space)`;
    const use = play.querySelector("use");
    use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${playing ? "pause" : "play"}`));
    this.#parts.speed.textContent = `${number(speed, 2)}×`;
    // Not disabled: that would take the focus away from whoever presses it.
    this.#button("slower").setAttribute("aria-disabled", String(speed === SPEEDS[0]));
    this.#button("faster").setAttribute("aria-disabled", String(speed === SPEEDS.at(-1)));
    this.#button("loop").setAttribute("aria-pressed", String(looping !== null));
    this.#button("mirror").setAttribute("aria-pressed", String(this.#mirrored));
    this.#button("sides").setAttribute("aria-pressed", String(this.#folded));
  }

  #veil(words) {
    const veil = this.#root.querySelector("[data-veil]");
    if (!veil) return;
    veil.hidden = !words;
    veil.textContent = words;
  }
}

const reviews = new Map();
for (const root of document.querySelectorAll("[data-replay]")) reviews.set(root.closest(".set-block").id, new Review(root));
for (const button of document.querySelectorAll("[data-show]")) {
  button.hidden = false;
  button.addEventListener("click", () => reviews.get(button.dataset.show)?.showPosition(Number(button.dataset.position)));
}
const asked = reviews.get(location.hash.slice(1));
const opening = asked ?? reviews.values().next().value;
document.querySelectorAll(".opens-first").forEach((root) => root.classList.toggle("opens-first", reviews.get(root.closest(".set-block").id) === opening));
opening?.start();
