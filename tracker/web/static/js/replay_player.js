// Time of a replay: where it stands, how fast it goes, which movement is next. Knows nothing of the page; whoever shows it
// is told by `onChange` after every step.

export const SPEEDS = [0.25, 0.5, 1, 2];
const NORMAL = SPEEDS.indexOf(1);
const AROUND_S = 0.3; // before and after a movement, where it is shown or repeated
const JUST_S = 0.05;

export class Player {
  playing = false;
  looping = null;
  #moment = 0;
  #speed = NORMAL;
  #handle = 0;
  #before = 0;

  /** `track`: times of the frames. `moves`: start, end, flags of each movement. */
  constructor(track, { until, moves }, onChange) {
    this.track = track;
    this.moves = moves;
    this.until = Math.max(until, track.times[track.frames - 1]);
    this.onChange = onChange;
  }

  get moment() {
    return this.#moment;
  }

  get frame() {
    return this.track.at(this.#moment);
  }

  get speed() {
    return SPEEDS[this.#speed];
  }

  get flagged() {
    return this.moves.filter((move) => move.flags.length);
  }

  /** The movement at this moment, or null between two of them. */
  get move() {
    return this.moves.find((move) => move.start - JUST_S <= this.#moment && this.#moment <= move.end) ?? null;
  }

  seek(moment) {
    this.#moment = Math.min(Math.max(moment, 0), this.until);
    this.#leaveLoop();
    this.onChange("seek");
  }

  /** Go to a movement: to its beginning, so that it can be played from there. */
  show(move) {
    this.seek(move.start);
  }

  /** Whole frames forward or back; what was playing stops. */
  step(frames) {
    this.pause();
    const now = this.frame;
    const to = Math.min(Math.max(now + frames, 0), this.track.frames - 1);
    this.seek(this.track.times[to]);
  }

  /** The next (1) or previous (-1) flagged movement; whether there was one. */
  jump(direction) {
    const [ahead, behind] = [(move) => move.start > this.#moment + JUST_S, (move) => move.start < this.#moment - JUST_S];
    const found = direction > 0 ? this.flagged.find(ahead) : this.flagged.findLast(behind);
    if (found) this.show(found);
    return Boolean(found);
  }

  changeSpeed(by) {
    this.#speed = Math.min(Math.max(this.#speed + by, 0), SPEEDS.length - 1);
    this.onChange("speed");
  }

  /** Repeat the movement at this moment, or the next one; again: go on to the end. */
  loop() {
    this.looping = this.looping ? null : (this.move ?? this.moves.find((move) => move.start >= this.#moment) ?? this.moves.at(-1) ?? null);
    if (this.looping) this.#moment = Math.max(0, this.looping.start - AROUND_S);
    this.onChange("loop");
  }

  #leaveLoop() {
    const { looping } = this;
    if (looping && (this.#moment < looping.start - AROUND_S || this.#moment > looping.end + AROUND_S)) this.looping = null;
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  play() {
    if (this.playing) return;
    if (this.#moment >= this.until && !this.looping) this.#moment = 0;
    this.playing = true;
    this.#before = performance.now();
    this.#handle = requestAnimationFrame((now) => this.#tick(now));
    this.onChange("play");
  }

  pause() {
    if (!this.playing) return;
    cancelAnimationFrame(this.#handle);
    this.playing = false;
    this.onChange("pause");
  }

  #tick(now) {
    this.#moment += (Math.max(0, now - this.#before) / 1000) * this.speed;
    this.#before = now;
    const { looping } = this;
    if (looping && this.#moment > Math.min(looping.end + AROUND_S, this.until)) this.#moment = Math.max(0, looping.start - AROUND_S);
    if (this.#moment >= this.until) {
      this.#moment = this.until;
      this.playing = false;
      this.onChange("pause");
      return;
    }
    this.onChange("tick");
    this.#handle = requestAnimationFrame((later) => this.#tick(later));
  }
}

/** Where the ideal figure stands at a moment: its share of the movement, in the person's own phases; at rest between. */
export function shareAt(moves, moment) {
  for (const { keys } of moves) {
    if (!keys.length || moment < keys[0][0] || moment > keys.at(-1)[0]) continue;
    const after = keys.findIndex(([at]) => at >= moment);
    if (after <= 0) return keys[0][1];
    const [[t0, a], [t1, b]] = [keys[after - 1], keys[after]];
    return t1 > t0 ? a + ((b - a) * (moment - t0)) / (t1 - t0) : b;
  }
  return 0;
}
