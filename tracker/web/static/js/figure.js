// <exercise-figure data-src=".../figure.json">: a friendly body that shows a movement. The frames come from the engine's
// definition (33 landmarks each, 0..1 of a square); here they get limbs with thickness, a head and a trunk. It moves
// until paused; where motion is not wanted, start and turning point stand side by side. Frames are fetched when the
// figure comes near the window, and drawn while it is in it.
// With `data-calm`, for pages of many figures: a still at the turning point, an ornament of its card. It moves while the
// card is pointed at or has the focus, and where nothing can point, once when it comes to the middle of the window.
// With `data-driven` it has no will of its own: whoever made it says with `pose(share)` where in the movement it stands.
import { SIZE, element, fit, line, surroundings } from "./figure_place.js";
import { LIMBS, between, build, distance, settled, working } from "./figure_pose.js";
import { text } from "./texts.js";

// Radii in lengths of the trunk, so that any definition's figure has the same build.
const LEG = { root: 0.165, middle: 0.115, end: 0.08, tip: 0.07 };
const ARM = { root: 0.105, middle: 0.082, end: 0.058, tip: 0.082 };
const PARTS = [
  { name: "leg", limb: LIMBS.rightLeg, heel: 30, toe: 32, size: LEG },
  { name: "leg", limb: LIMBS.leftLeg, heel: 29, toe: 31, size: LEG },
  { name: "neck" },
  { name: "pelvis" },
  { name: "trunk" },
  { name: "head" },
  { name: "arm", limb: LIMBS.rightArm, finger: 20, size: ARM },
  { name: "arm", limb: LIMBS.leftArm, finger: 19, size: ARM },
];
// What lies over what where depth does not say: larger is further back.
const LAYER = { neck: 0.004, pelvis: 0.002, trunk: 0, head: -0.004, leg: 0.02, arm: -0.02 };
const still = window.matchMedia("(prefers-reduced-motion: reduce)");
const pointing = window.matchMedia("(hover: hover)");
const NEAR = "300px";
const MIDDLE = "-42% 0px -42% 0px";

/** A limb's segment: two circles and what lies between them, as one closed path. */
function tapered(a, ra, b, rb) {
  const length = distance(a, b) || 1e-6;
  if (length <= Math.abs(ra - rb)) return circle(ra > rb ? a : b, Math.max(ra, rb));
  const along = Math.atan2(b[1] - a[1], b[0] - a[0]);
  const lean = Math.acos((ra - rb) / length);
  const at = (centre, radius, angle) => [centre[0] + radius * Math.cos(angle), centre[1] + radius * Math.sin(angle)];
  const [a1, a2, b1, b2] = [at(a, ra, along + lean), at(a, ra, along - lean), at(b, rb, along + lean), at(b, rb, along - lean)];
  const point = ([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`;
  return `M${point(a1)}A${ra} ${ra} 0 ${ra >= rb ? 1 : 0} 1 ${point(a2)}L${point(b2)}A${rb} ${rb} 0 ${ra >= rb ? 0 : 1} 1 ${point(b1)}Z`;
}

function circle([x, y], r) {
  return `M${(x - r).toFixed(1)} ${y.toFixed(1)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`;
}

/** The part of a circle beyond the line through `brow` across `up`: the hair above the forehead. */
function cap(centre, radius, brow, up) {
  const offset = Math.max(-0.9 * radius, Math.min(0.9 * radius, (brow[0] - centre[0]) * up[0] + (brow[1] - centre[1]) * up[1]));
  const half = Math.sqrt(radius * radius - offset * offset);
  const middle = [centre[0] + up[0] * offset, centre[1] + up[1] * offset];
  const across = [-up[1], up[0]];
  const [a, b] = [1, -1].map((sign) => [middle[0] + sign * across[0] * half, middle[1] + sign * across[1] * half]);
  const dip = [middle[0] - up[0] * radius * 0.22, middle[1] - up[1] * radius * 0.22];
  const point = ([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`;
  return `M${point(a)}A${radius} ${radius} 0 0 0 ${point(b)}Q${point(dip)} ${point(a)}Z`;
}

/** One drawn body. `draw(points, depth)` moves it. */
class Body {
  constructor(data, trunk) {
    this.trunk = trunk;
    this.working = working(data);
    this.root = element("g");
    this.parts = PARTS.map((part) => ({ ...part, ...this.#make(part) }));
    this.root.append(...this.parts.map((part) => part.group));
    this.order = "";
  }

  #make(part) {
    const works = this.working.has(part.limb?.[0] ?? part.name);
    const kind = works ? "working" : { leg: "trousers", pelvis: "trousers", trunk: "shirt", neck: "skin shade", head: "skin", arm: "skin" }[part.name];
    const mass = (name) => element("path", { class: name });
    const shapes = {};
    if (part.name === "leg") Object.assign(shapes, { edge: mass("edge"), tip: mass("shoe"), lower: mass(kind), upper: mass(kind) });
    else if (part.name === "arm") Object.assign(shapes, { edge: mass("edge"), tip: mass("skin"), lower: mass(kind), upper: mass(kind) });
    else if (part.name === "head") Object.assign(shapes, { hair: mass("hair"), face: mass(kind), nose: mass(kind), fringe: mass("hair") });
    else shapes.mass = mass(kind);
    const dots = works && part.name === "arm" ? part.limb.slice(0, 2).map(() => mass("joint")) : [];
    return { shapes, dots, group: element("g", {}, ...Object.values(shapes), ...dots) };
  }

  /** `bend`: how far the back is rounded (positive) or hollowed; no joint shows it. */
  draw(points, depth, bend = 0) {
    this.bend = bend;
    for (const part of this.parts) this[`_${part.name}`](part, points);
    const middle = [11, 12, 23, 24].reduce((sum, joint) => sum + depth[joint], 0) / 4; // shoulders and hips
    const level = ({ name, limb }) =>
      LAYER[name] + (limb ? limb.reduce((sum, joint) => sum + depth[joint], 0) / limb.length - middle : 0);
    const levels = new Map(this.parts.map((part) => [part, level(part)]));
    const sorted = [...this.parts].sort((a, b) => levels.get(b) - levels.get(a));
    const order = sorted.map((part) => this.parts.indexOf(part)).join();
    if (order === this.order) return;
    this.order = order;
    this.root.append(...sorted.map((part) => part.group));
    for (const [part, value] of levels) part.group.classList.toggle("far", Boolean(part.size) && value > 0.05);
  }

  #set(shape, path) {
    shape.setAttribute("d", path);
  }

  _neck({ shapes }, points) {
    const [shoulders, ears] = [between(points[11], points[12]), between(points[7], points[8])];
    this.#set(shapes.mass, tapered(between(shoulders, ears, -0.1), 0.1 * this.trunk, between(shoulders, ears, 0.8), 0.085 * this.trunk));
  }

  /** A closed shape with corners rounded by `r`: its own fill, and a stroke of the same colour. */
  #rounded(shape, points, r) {
    shape.setAttribute("stroke-width", 2 * r);
    this.#set(shape, `${line(...points)}Z`);
  }

  /** How far the trunk is turned to the side, 0 facing us, 1 side on: a body is deeper than its hip points say. */
  #turned(points) {
    return Math.max(0, 1 - distance(points[11], points[12]) / (0.6 * this.trunk));
  }

  _pelvis({ shapes }, points) {
    const [left, right] = [points[23], points[24]];
    const waist = 0.12;
    const upper = [left, right].map((hip, n) => between(hip, points[11 + n], waist));
    this.#rounded(shapes.mass, [upper[0], upper[1], right, left], (0.125 + 0.035 * this.#turned(points)) * this.trunk);
  }

  _trunk({ shapes }, points) {
    const [leftShoulder, rightShoulder, leftHip, rightHip] = [11, 12, 23, 24].map((joint) => points[joint]);
    const [top, bottom] = [between(leftShoulder, rightShoulder), between(leftHip, rightHip)];
    const down = (point, share) => [point[0] + (bottom[0] - top[0]) * share, point[1] + (bottom[1] - top[1]) * share];
    const waist = [between(leftShoulder, leftHip, 0.66), between(rightShoulder, rightHip, 0.66)];
    const outline = [
      down(between(leftShoulder, rightShoulder, 0.08), 0.05),
      down(between(rightShoulder, leftShoulder, 0.08), 0.05),
      between(waist[1], waist[0], 0.04),
      between(rightHip, leftHip, -0.02),
      between(leftHip, rightHip, -0.02),
      between(waist[0], waist[1], 0.04),
    ];
    const r = (0.12 + 0.045 * this.#turned(points)) * this.trunk;
    if (!this.bend) {
      this.#rounded(shapes.mass, outline, r);
      return;
    }
    const away = this.#backwards(points, top, bottom);
    const curved = (point) => `Q${(point[0] + away[0] * 2 * this.bend).toFixed(1)} ${(point[1] + away[1] * 2 * this.bend).toFixed(1)}`;
    const at = ([x, y]) => ` ${x.toFixed(1)} ${y.toFixed(1)}`;
    shapes.mass.setAttribute("stroke-width", 2 * r);
    this.#set(shapes.mass, `M${at(outline[0])}L${at(outline[1])}${curved(between(outline[1], outline[3]))}${at(outline[3])}L${at(outline[4])}${curved(between(outline[4], outline[0]))}${at(outline[0])}Z`);
  }

  /** The direction out of the back, one unit long: across the trunk, away from where the nose points. */
  #backwards(points, top, bottom) {
    const length = distance(top, bottom) || 1;
    const across = [-(bottom[1] - top[1]) / length, (bottom[0] - top[0]) / length];
    const ears = between(points[7], points[8]);
    const front = (points[0][0] - ears[0]) * across[0] + (points[0][1] - ears[1]) * across[1];
    return front > 0 ? [-across[0], -across[1]] : across;
  }

  /** Which way the head is up: along the neck, or square to where the nose points the more the head is seen from the
   *  side, so that it nods, and lies down with the body. */
  #upright(points) {
    const neck = between(points[11], points[12]);
    const ears = between(points[7], points[8]);
    const length = distance(neck, ears) || 1;
    const up = [(ears[0] - neck[0]) / length, (ears[1] - neck[1]) / length];
    const nose = [points[0][0] - ears[0], points[0][1] - ears[1]];
    const across = nose[0] * -up[1] + nose[1] * up[0];
    const share = Math.min(1, Math.abs(across) / (0.18 * this.trunk));
    const reach = Math.hypot(...nose) || 1;
    const sign = Math.sign(across) || 1;
    const square = [(nose[1] / reach) * sign, (-nose[0] / reach) * sign];
    const mixed = between(up, square, share);
    const size = Math.hypot(...mixed) || 1;
    return [mixed[0] / size, mixed[1] / size];
  }

  _head({ shapes }, points) {
    const t = this.trunk;
    const up = this.#upright(points);
    const ears = between(points[7], points[8]);
    /** A point of the head: so far up and so far across from another. */
    const from = (point, high, wide) => [point[0] + up[0] * high - up[1] * wide, point[1] + up[1] * high + up[0] * wide];
    const faces = ((points[0][0] - ears[0]) * -up[1] + (points[0][1] - ears[1]) * up[0]) / t; // how far the nose looks to one side
    const centre = from(ears, 0.05 * t, faces * 0.22 * t);
    const radius = (0.185 + Math.abs(faces) * 0.06) * t;
    this.#set(shapes.face, tapered(centre, radius, from(centre, -0.09 * t, faces * 0.12 * t), radius * 0.78));
    this.#set(shapes.hair, circle(from(centre, 0.035 * t, -faces * 0.3 * t), radius * 1.1));
    // The fringe: a cap over the upper part of the head, further back the more the head is turned.
    const brow = from(centre, radius * 0.62, -faces * 0.42 * t);
    this.#set(shapes.fringe, cap(centre, radius * 1.04, brow, up));
    const nose = from(centre, -0.045 * t, Math.sign(faces) * radius * Math.min(1.02, Math.abs(faces) * 5.2));
    this.#set(shapes.nose, Math.abs(faces) > 0.1 ? circle(nose, 0.035 * t) : "");
  }

  _leg(part, points) {
    const t = this.trunk;
    this.#limb(part, points);
    const heel = points[part.heel];
    const toe = points[part.toe];
    this.#set(part.shapes.tip, tapered(heel, 0.07 * t, toe, 0.058 * t));
  }

  _arm(part, points) {
    this.#limb(part, points);
    const [, , wrist] = this.places(part, points);
    this.#set(part.shapes.tip, tapered(wrist, 0.056 * this.trunk, between(wrist, points[part.finger], 0.62), ARM.tip * this.trunk));
    part.dots.forEach((dot, n) => this.#set(dot, circle(this.places(part, points)[n], 0.04 * this.trunk)));
  }

  places(part, points) {
    return part.limb.map((joint) => points[joint]);
  }

  #limb(part, points) {
    const t = this.trunk;
    const [root, middle, end] = this.places(part, points);
    const { root: a, middle: b, end: c } = part.size;
    const upper = tapered(root, a * t, middle, b * t);
    const lower = tapered(middle, b * t, end, c * t);
    this.#set(part.shapes.upper, upper);
    this.#set(part.shapes.lower, lower);
    this.#set(part.shapes.edge, upper + lower);
  }
}

class ExerciseFigure extends HTMLElement {
  #data = null;
  #loading = false;
  #bodies = [];
  #playing = false;
  #once = false;
  #handle = 0;
  #began = 0;
  #elapsed = 0;
  #watchers = [];
  #visible = true;
  #share = 0;
  #onStill = () => (this.driven ? null : this.calm ? this.#rest() : this.#play(!still.matches));

  /** Seconds of one repetition, once loaded. */
  get seconds() {
    return this.#data?.seconds ?? null;
  }

  get calm() {
    return "calm" in this.dataset;
  }

  get driven() {
    return "driven" in this.dataset;
  }

  /** The view the figure is drawn from, and where its nose points (-1 left, 1 right, in a picture from the side). */
  get drawn() {
    if (!this.#data) return null;
    const { view, points } = this.#data;
    return { view, faces: Math.sign(points[0][0][0] - between(points[0][7], points[0][8])[0]) || 1 };
  }

  /** Show a driven figure at a share (0 to 1) of its cycle: rest, out, turning point, back. */
  pose(share) {
    this.#share = share;
    if (!this.#bodies.length) return;
    const frames = this.#data.points.length;
    const exact = (share % 1) * frames;
    this.#between(Math.floor(exact), (Math.floor(exact) + 1) % frames, exact % 1);
  }

  connectedCallback() {
    if (this.calm) this.setAttribute("aria-hidden", "true");
    else if (!this.#data) {
      this.setAttribute("role", "img");
      this.setAttribute("aria-label", this.dataset.label || text("figure.label"));
    }
    if (this.#data) this.#watch();
    else this.#when(NEAR, (near) => near && this.#load());
  }

  disconnectedCallback() {
    cancelAnimationFrame(this.#handle);
    for (const watcher of this.#watchers) watcher.disconnect();
    this.#watchers = [];
    still.removeEventListener("change", this.#onStill);
  }

  /** Tells whether this is in the window, made larger or smaller by `margin`. */
  #when(margin, tell) {
    const watcher = new IntersectionObserver((entries) => tell(entries.at(-1).isIntersecting), { rootMargin: margin });
    watcher.observe(this);
    this.#watchers.push(watcher);
  }

  async #load() {
    if (this.#loading || this.#data || !this.dataset.src) return;
    this.#loading = true;
    try {
      const response = await fetch(this.dataset.src, { headers: { Accept: "application/json" } });
      if (!response.ok) throw new Error(String(response.status));
      this.#data = settled(await response.json());
    } catch {
      const words = document.createElement("p");
      words.className = "figure-message";
      words.textContent = text("figure.missing");
      this.removeAttribute("role");
      this.removeAttribute("aria-label");
      this.replaceChildren(...(this.calm ? [] : [words]));
      return;
    } finally {
      this.#loading = false;
    }
    this.#build();
  }

  /** Show these frames from now on: the preview of an exercise that is being changed. */
  show(data) {
    const first = this.#data === null;
    this.#data = settled(data);
    this.#bodies = [];
    if (first) this.#build();
    else this.#play(this.#playing);
  }

  #build() {
    // A button inside an image would be hidden from a screen reader: the image is the drawing, not this element.
    const label = this.getAttribute("aria-label");
    this.removeAttribute("role");
    this.removeAttribute("aria-label");
    this.svg = element("svg", { class: "body", viewBox: `0 0 ${SIZE} ${SIZE}` });
    this.replaceChildren(this.svg);
    if (this.calm) {
      const card = this.closest("[data-exercise]") ?? this;
      for (const start of ["mouseenter", "focusin"]) card.addEventListener(start, () => this.#move());
      for (const end of ["mouseleave", "focusout"]) card.addEventListener(end, () => this.#rest());
    } else {
      this.svg.setAttribute("role", "img");
      this.svg.setAttribute("aria-label", label);
    }
    if (this.driven) {
      this.#stage(1);
      this.pose(this.#share);
      this.dispatchEvent(new Event("drawn"));
      return;
    }
    if (!this.calm) {
      this.button = document.createElement("button");
      this.button.type = "button";
      this.button.className = "figure-toggle";
      this.button.addEventListener("click", () => this.#play(!this.#playing));
      this.append(this.button);
    }
    this.#watch();
    if (this.calm) this.#rest();
    else this.#play(!still.matches);
  }

  #watch() {
    this.#when("0px", (visible) => {
      this.#visible = visible;
      if (visible && this.#playing) this.#tick();
    });
    if (this.calm && !pointing.matches) this.#when(MIDDLE, (middle) => (middle ? this.#move({ once: true }) : this.#rest()));
    still.addEventListener("change", this.#onStill);
  }

  /** A calm figure begins to move, unless motion is not wanted. */
  #move({ once = false } = {}) {
    if (still.matches || this.#playing) return;
    this.#once = once;
    this.#playing = true;
    this.#stage(1);
    this.#began = performance.now();
    this.#tick();
  }

  /** A calm figure stands still: both ends of the movement where motion is not wanted, else the turning point. */
  #rest() {
    cancelAnimationFrame(this.#handle);
    this.#playing = false;
    this.#stage(still.matches ? 2 : 1);
    if (!still.matches) this.#show(0, this.#data.peak_frame);
  }

  #play(on) {
    cancelAnimationFrame(this.#handle);
    const changed = on !== this.#playing || !this.#bodies.length;
    this.#playing = on;
    this.button.setAttribute("aria-label", text(on ? "figure.pause" : "figure.play"));
    this.button.replaceChildren(sign(on));
    if (changed) this.#stage(on ? 1 : 2);
    if (on) {
      this.#began = performance.now() - this.#elapsed;
      this.#tick();
    }
  }

  /** One body that moves, or two that stand side by side. */
  #stage(count) {
    const { points, posture, kit, peak_frame: peak } = this.#data;
    const seat = kit?.includes("chair") ? [[points[0][23], points[0][24]]] : []; // whoever stands up leaves it behind
    const place = fit(count === 1 ? [points] : [[points[0]], [points[peak], ...seat]]);
    const trunk = build(points[0].map((point) => point && place(point, 0)));
    this.#bodies = Array.from({ length: count }, (_, n) => ({ body: new Body(this.#data, trunk), n }));
    this.place = place;
    this.svg.replaceChildren();
    for (const { body, n } of this.#bodies) {
      const reached = points.map((frame) => frame.map((point) => point && place(point, n)));
      const cell = place.cells[n];
      const room = element("svg", { x: cell.x, y: cell.y, width: cell.width, height: cell.height, viewBox: `${cell.x} ${cell.y} ${cell.width} ${cell.height}` });
      room.append(...surroundings(reached, trunk, { posture, kit: kit ?? [], peak, cell }), body.root);
      this.svg.append(room);
    }
    if (count === 2) {
      const [first, second] = place.cells;
      const ends = place.stacked ? [[60, second.y], [SIZE - 60, second.y]] : [[second.x, 90], [second.x, SIZE - 60]];
      this.svg.append(element("path", { class: "divider", d: line(...ends), "stroke-width": 5 }));
      ["figure.start", "figure.peak"].forEach((key, n) => {
        const cell = [first, second][n];
        const label = element("text", { x: cell.x + cell.width / 2, y: cell.y + 52, "font-size": 42 });
        label.textContent = text(key);
        this.svg.append(label);
      });
      this.#show(0, 0);
      this.#show(1, this.#data.peak_frame);
    }
  }

  #show(n, frame) {
    const placed = this.#data.points[frame].map((point) => point && this.place(point, n));
    this.#bodies[n].body.draw(placed, (this.#data.depth ?? [])[frame] ?? placed.map(() => 0), this.#bend(frame));
  }

  /** How far the back is rounded in a frame, in units of the drawing. */
  #bend(frame) {
    return ((this.#data.bend ?? [])[frame] ?? 0) * this.place.scale;
  }

  #tick() {
    cancelAnimationFrame(this.#handle);
    if (!this.#playing || !this.#visible) return;
    this.#elapsed = performance.now() - this.#began;
    if (this.#once && this.#elapsed > this.#data.seconds * 1000) {
      this.#rest();
      return;
    }
    const frames = this.#data.points.length;
    const exact = ((this.#elapsed / 1000 / this.#data.seconds) % 1) * frames;
    this.#between(Math.floor(exact) % frames, (Math.floor(exact) + 1) % frames, exact % 1);
    this.#handle = requestAnimationFrame(() => this.#tick());
  }

  /** The frames are few; what lies between two of them is drawn between them. */
  #between(a, b, share) {
    const { points, depth } = this.#data;
    const mixed = points[a].map((point, joint) => point && this.place(between(point, points[b][joint], share), 0));
    const bend = this.#bend(a) + (this.#bend(b) - this.#bend(a)) * share;
    this.#bodies[0].body.draw(mixed, (depth ?? [])[a] ?? mixed.map(() => 0), bend);
  }
}

function sign(playing) {
  const svg = element("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" });
  svg.append(element("path", playing ? { d: "M8.5 6v12M15.5 6v12", "stroke-width": "3" } : { d: "M8 5l11 7-11 7z", fill: "currentColor" }));
  return svg;
}

customElements.define("exercise-figure", ExerciseFigure);
