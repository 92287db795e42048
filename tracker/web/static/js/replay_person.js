// The person as a stick figure on a canvas, drawn from stored joint positions: left and right in the colours of the chart,
// the measured angle as an arc. A joint that was hardly seen is faint, one that was not seen is missing with its bones:
// nothing is filled in, neither between joints nor between frames.
import { text } from "./texts.js";

const SEEN = 0.5;
const FAINT = 0.2;
const TRUNK = [[11, 12], [11, 23], [12, 24], [23, 24]];
const LEFT = [[11, 13], [13, 15], [15, 19], [23, 25], [25, 27], [27, 31]];
const RIGHT = LEFT.map(([a, b]) => [a + 1, b + 1]);
const FAR = 0.4; // how strong the side that is turned away is drawn
const MARGIN = 0.13;
const LARGEST_RATIO = 2;

const middle = (a, b) => (a && b ? { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, sure: Math.min(a.sure, b.sure) } : null);

export class Person {
  mirrored = false;
  folded = false;
  #canvas;
  #context;
  #track;
  #bounds;
  #angle;
  #far;
  #last = null;

  /** `angle`: the three joints of the measured angle, by side, or null. */
  constructor(canvas, track, angle) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d");
    this.#track = track;
    this.#bounds = track.bounds();
    this.#angle = angle;
    this.#far = track.far();
    new ResizeObserver(() => this.#fit()).observe(canvas);
    document.addEventListener("themechange", () => this.#again());
    this.#fit();
  }

  #fit() {
    const ratio = Math.min(window.devicePixelRatio || 1, LARGEST_RATIO);
    const [width, height] = [this.#canvas.clientWidth, this.#canvas.clientHeight].map((side) => Math.round(side * ratio));
    if (width && height && (width !== this.#canvas.width || height !== this.#canvas.height)) {
      this.#canvas.width = width;
      this.#canvas.height = height;
    }
    this.#again();
  }

  #again() {
    if (this.#last) this.draw(...this.#last);
  }

  #colours() {
    const style = getComputedStyle(this.#canvas);
    const value = (name) => style.getPropertyValue(name).trim();
    return { trunk: value("--ink"), left: value("--replay-left"), right: value("--replay-right"), ground: value("--figure-ground") };
  }

  /** Draw a frame. `values`: the measured value of each side here, where there is one. */
  draw(frame, values = {}) {
    this.#last = [frame, values];
    const { width, height } = this.#canvas;
    const context = this.#context;
    const colours = this.#colours();
    context.clearRect(0, 0, width, height);
    const { left, right, top, bottom } = this.#bounds;
    const scale = Math.min(width / (right - left || 1), height / (bottom - top || 1)) * (1 - 2 * MARGIN);
    const place = (joint) => {
      const found = this.#track.joint(frame, joint);
      if (!found || found.sure < FAINT) return null;
      const x = width / 2 + (found.x - (left + right) / 2) * scale * (this.mirrored ? -1 : 1);
      return { x, y: height / 2 + (found.y - (top + bottom) / 2) * scale, sure: found.sure };
    };
    const unit = Math.max(1.2, Math.min(width, height) / 170);
    const fold = this.folded ? this.#fold(place) : null;
    this.#head(place, unit, colours);
    const limbs = { left: [LEFT, this.#far === "left" ? FAR : 1], right: [RIGHT, this.folded ? 0.25 : this.#far === "right" ? FAR : 1] };
    const order = this.#far === "left" ? ["left", "right"] : ["right", "left"];
    this.#bones(limbs[order[0]][0], place, unit, colours[order[0]], limbs[order[0]][1]);
    this.#bones(TRUNK, place, unit, colours.trunk);
    this.#bones(limbs[order[1]][0], place, unit, colours[order[1]], limbs[order[1]][1]);
    if (fold) this.#bones(RIGHT, fold, unit, colours.right, 1, [3.2 * unit, 3 * unit]);
    for (const side of ["right", "left"]) this.#arc(side, values[side], place, unit, colours);
    this.#letters(place, unit, colours);
  }

  #bones(bones, place, unit, colour, strength = 1, dash = []) {
    const context = this.#context;
    context.strokeStyle = colour;
    context.fillStyle = colour;
    context.lineCap = dash.length ? "butt" : "round";
    context.setLineDash(dash);
    const joints = new Map();
    for (const [a, b] of bones) {
      const [from, to] = [place(a), place(b)];
      for (const [joint, found] of [[a, from], [b, to]]) if (found) joints.set(joint, found);
      if (!from || !to) continue;
      context.globalAlpha = strength * (Math.min(from.sure, to.sure) >= SEEN ? 1 : 0.3);
      context.lineWidth = unit * 2.6;
      context.beginPath();
      context.moveTo(from.x, from.y);
      context.lineTo(to.x, to.y);
      context.stroke();
    }
    context.setLineDash([]);
    for (const found of joints.values()) {
      context.globalAlpha = strength * (found.sure >= SEEN ? 1 : 0.3);
      context.beginPath();
      context.arc(found.x, found.y, unit * 2.5, 0, Math.PI * 2);
      context.fill();
    }
    context.globalAlpha = 1;
  }

  /** A ring for the head where ears or nose were seen, and a point where the nose is. */
  #head(place, unit, colours) {
    const [nose, leftEar, rightEar] = [0, 7, 8].map(place);
    const ears = middle(leftEar, rightEar) ?? leftEar ?? rightEar ?? nose;
    const shoulders = middle(place(11), place(12));
    if (!ears) return;
    const size = shoulders ? Math.max(unit * 5, Math.hypot(ears.x - shoulders.x, ears.y - shoulders.y) * 0.46) : unit * 9;
    const context = this.#context;
    context.strokeStyle = colours.trunk;
    context.fillStyle = colours.trunk;
    context.globalAlpha = ears.sure >= SEEN ? 1 : 0.3;
    context.lineWidth = unit * 2.2;
    context.beginPath();
    context.arc(ears.x, ears.y, size, 0, Math.PI * 2);
    context.stroke();
    if (nose) {
      context.beginPath();
      context.arc(nose.x, nose.y, unit * 2, 0, Math.PI * 2);
      context.fill();
    }
    if (shoulders) {
      const reach = Math.hypot(ears.x - shoulders.x, ears.y - shoulders.y) || 1;
      context.beginPath();
      context.moveTo(shoulders.x, shoulders.y);
      context.lineTo(ears.x + ((shoulders.x - ears.x) * size) / reach, ears.y + ((shoulders.y - ears.y) * size) / reach);
      if (reach > size) context.stroke();
    }
    context.globalAlpha = 1;
  }

  /** Places of the right side as they would lie on the left: reflected in the line from hips to shoulders. */
  #fold(place) {
    const [top, bottom] = [middle(place(11), place(12)), middle(place(23), place(24))];
    if (!top || !bottom) return null;
    const length = Math.hypot(top.x - bottom.x, top.y - bottom.y) || 1;
    const along = { x: (top.x - bottom.x) / length, y: (top.y - bottom.y) / length };
    return (joint) => {
      const found = place(joint);
      if (!found) return null;
      const from = { x: found.x - bottom.x, y: found.y - bottom.y };
      const share = 2 * (from.x * along.x + from.y * along.y);
      return { x: bottom.x + share * along.x - from.x, y: bottom.y + share * along.y - from.y, sure: found.sure };
    };
  }

  /** The measured angle between the two bones of its joint, with its number where the other bones leave room. */
  #arc(side, value, place, unit, colours) {
    if (!this.#angle || value === undefined || value === null) return;
    const [a, b, c] = this.#angle[side].map(place);
    if (!a || !b || !c) return;
    const from = Math.atan2(a.y - b.y, a.x - b.x);
    let sweep = Math.atan2(c.y - b.y, c.x - b.x) - from;
    if (sweep > Math.PI) sweep -= 2 * Math.PI;
    if (sweep < -Math.PI) sweep += 2 * Math.PI;
    const reach = Math.min(Math.hypot(a.x - b.x, a.y - b.y), Math.hypot(c.x - b.x, c.y - b.y));
    const radius = Math.max(unit * 7, Math.min(reach * 0.5, unit * 16));
    const context = this.#context;
    context.strokeStyle = colours[side];
    context.globalAlpha = 0.75;
    context.lineWidth = unit * 1.8;
    context.beginPath();
    context.arc(b.x, b.y, radius, from, from + sweep, sweep < 0);
    context.stroke();
    context.globalAlpha = 1;
  }

  /** Which side is which, beside the hands: colour alone says it to nobody who does not see colours. */
  #letters(place, unit, colours) {
    const context = this.#context;
    context.font = `650 ${Math.round(unit * 10)}px ${getComputedStyle(this.#canvas).fontFamily}`;
    context.textBaseline = "middle";
    context.textAlign = "center";
    context.lineWidth = unit * 3;
    context.strokeStyle = colours.ground;
    for (const [side, hand, elbow] of [["left", 15, 13], ["right", 16, 14]]) {
      const [at, from] = [place(hand), place(elbow)];
      if (!at || at.sure < SEEN || !from) continue;
      const reach = Math.hypot(at.x - from.x, at.y - from.y) || 1;
      const [x, y] = [at.x + ((at.x - from.x) / reach) * unit * 15, at.y + ((at.y - from.y) / reach) * unit * 15];
      context.strokeText(text(`replay.${side}_letter`), x, y);
      context.fillStyle = colours[side];
      context.fillText(text(`replay.${side}_letter`), x, y);
    }
  }
}
