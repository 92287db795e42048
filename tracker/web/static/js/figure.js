// <exercise-figure data-src=".../figure.json">: a friendly body that shows a movement. The frames come from the engine's
// definition (33 landmarks each, 0..1 of a square); here they get limbs with thickness, a head and a trunk. It moves
// until paused; where motion is not wanted, start and turning point stand side by side.
import { text } from "./texts.js";

const SVG = "http://www.w3.org/2000/svg";
const SIZE = 1000;
const LABEL_ROOM = 60;

// Radii in lengths of the trunk, so that any definition's figure has the same build.
const LEG = { root: 0.165, middle: 0.115, end: 0.08, tip: 0.07 };
const ARM = { root: 0.105, middle: 0.082, end: 0.058, tip: 0.082 };
const PARTS = [
  { name: "leg", limb: [24, 26, 28], heel: 30, toe: 32, size: LEG },
  { name: "leg", limb: [23, 25, 27], heel: 29, toe: 31, size: LEG },
  { name: "neck" },
  { name: "pelvis" },
  { name: "trunk" },
  { name: "head" },
  { name: "arm", limb: [12, 14, 16], finger: 20, size: ARM },
  { name: "arm", limb: [11, 13, 15], finger: 19, size: ARM },
];
// What lies over what where depth does not say: larger is further back.
const LAYER = { neck: 0.004, pelvis: 0.002, trunk: 0, head: -0.004, leg: 0.02, arm: -0.02 };
const SHOULDERS = [11, 12];
const HIPS = [23, 24];

const still = window.matchMedia("(prefers-reduced-motion: reduce)");

function element(name, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const between = (a, b, share = 0.5) => [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share];
const distance = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);
const line = (...points) => `M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}`;

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
    this.working = new Set(data.highlight);
    this.root = element("g");
    this.parts = PARTS.map((part) => ({ ...part, ...this.#make(part) }));
    this.root.append(...this.parts.map((part) => part.group));
    this.order = "";
  }

  #make(part) {
    const works = part.limb?.every((joint) => this.working.has(joint)) ?? false;
    const kind = { leg: "trousers", pelvis: "trousers", trunk: "shirt", neck: "skin shade", head: "skin", arm: works ? "working" : "skin" }[part.name];
    const mass = (name) => element("path", { class: name });
    const shapes = {};
    if (part.name === "leg") Object.assign(shapes, { edge: mass("edge"), tip: mass("shoe"), lower: mass(kind), upper: mass(kind) });
    else if (part.name === "arm") Object.assign(shapes, { edge: mass("edge"), tip: mass("skin"), lower: mass(kind), upper: mass(kind) });
    else if (part.name === "head") Object.assign(shapes, { hair: mass("hair"), face: mass(kind), nose: mass(kind), fringe: mass("hair") });
    else shapes.mass = mass(kind);
    const dots = works ? part.limb.slice(0, 2).map(() => mass("joint")) : [];
    return { shapes, dots, group: element("g", {}, ...Object.values(shapes), ...dots) };
  }

  draw(points, depth) {
    for (const part of this.parts) this[`_${part.name}`](part, points);
    const middle = [...SHOULDERS, ...HIPS].reduce((sum, joint) => sum + depth[joint], 0) / 4;
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
    this.#rounded(shapes.mass, outline, (0.12 + 0.045 * this.#turned(points)) * this.trunk);
  }

  _head({ shapes }, points) {
    const t = this.trunk;
    const shoulders = between(points[11], points[12]);
    const ears = between(points[7], points[8]);
    const [x, y] = [ears[0], ears[1]];
    const length = distance(shoulders, ears) || 1;
    const up = [(x - shoulders[0]) / length, (y - shoulders[1]) / length];
    const faces = (points[0][0] - x) / t; // how far the nose looks to one side
    const centre = [x + up[0] * 0.05 * t + faces * 0.22 * t, y + up[1] * 0.05 * t];
    const radius = (0.185 + Math.abs(faces) * 0.06) * t;
    this.#set(shapes.face, tapered([centre[0], centre[1]], radius, [centre[0] - up[0] * 0.09 * t + faces * 0.12 * t, centre[1] - up[1] * 0.09 * t], radius * 0.78));
    this.#set(shapes.hair, circle([centre[0] + up[0] * 0.035 * t - faces * 0.3 * t, centre[1] + up[1] * 0.035 * t], radius * 1.1));
    // The fringe: a cap over the upper part of the head, further back the more the head is turned.
    const brow = [centre[0] + up[0] * radius * 0.62 - faces * 0.42 * t, centre[1] + up[1] * radius * 0.62];
    this.#set(shapes.fringe, cap(centre, radius * 1.04, brow, up));
    const nose = [centre[0] + Math.sign(faces) * radius * Math.min(1.02, Math.abs(faces) * 5.2), centre[1] - up[1] * 0.045 * t];
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
  #bodies = [];
  #playing = false;
  #handle = 0;
  #began = 0;
  #elapsed = 0;
  #watcher = null;
  #visible = true;

  /** Seconds of one repetition, once loaded. */
  get seconds() {
    return this.#data?.seconds ?? null;
  }

  async connectedCallback() {
    this.setAttribute("role", "img");
    this.setAttribute("aria-label", this.dataset.label || text("figure.label"));
    try {
      const response = await fetch(this.dataset.src, { headers: { Accept: "application/json" } });
      if (!response.ok) throw new Error(String(response.status));
      this.#data = await response.json();
    } catch {
      const words = document.createElement("p");
      words.className = "figure-message";
      words.textContent = text("figure.missing");
      this.removeAttribute("role");
      this.removeAttribute("aria-label");
      this.replaceChildren(words);
      return;
    }
    this.#build();
  }

  disconnectedCallback() {
    cancelAnimationFrame(this.#handle);
    this.#watcher?.disconnect();
  }

  #build() {
    // A button inside an image would be hidden from a screen reader: the image is the drawing, not this element.
    const label = this.getAttribute("aria-label");
    this.removeAttribute("role");
    this.removeAttribute("aria-label");
    this.svg = element("svg", { class: "body", role: "img", "aria-label": label, viewBox: `0 0 ${SIZE} ${SIZE}` });
    this.button = document.createElement("button");
    this.button.type = "button";
    this.button.className = "figure-toggle";
    this.button.addEventListener("click", () => this.#play(!this.#playing));
    this.replaceChildren(this.svg, this.button);
    this.#watcher = new IntersectionObserver(([entry]) => {
      this.#visible = entry.isIntersecting;
      if (this.#visible && this.#playing) this.#tick();
    });
    this.#watcher.observe(this);
    still.addEventListener("change", () => this.#play(!still.matches));
    this.#play(!still.matches);
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
    const { points, depth, posture } = this.#data;
    const place = fit(points, count, posture);
    const trunk = distance(between(...SHOULDERS.map((j) => place(points[0][j], 0))), between(...HIPS.map((j) => place(points[0][j], 0))));
    this.#bodies = Array.from({ length: count }, (_, n) => ({ body: new Body(this.#data, trunk), n }));
    this.place = place;
    this.svg.replaceChildren();
    for (const { body, n } of this.#bodies) {
      this.svg.append(...surroundings(points[0].map((point) => point && place(point, n)), trunk, posture), body.root);
    }
    if (count === 2) {
      this.svg.append(element("path", { class: "divider", d: line([SIZE / 2, 90], [SIZE / 2, SIZE - 60]), "stroke-width": 5 }));
      ["figure.start", "figure.peak"].forEach((key, n) => {
        const label = element("text", { x: SIZE * (0.25 + 0.5 * n), y: 52, "font-size": 42 });
        label.textContent = text(key);
        this.svg.append(label);
      });
      this.#show(0, 0);
      this.#show(1, this.#data.peak_frame);
    }
    this.depth = depth ?? points.map((frame) => frame.map(() => 0));
  }

  #show(n, frame) {
    const points = this.#data.points[frame].map((point) => point && this.place(point, n));
    this.#bodies[n].body.draw(points, (this.#data.depth ?? [])[frame] ?? points.map(() => 0));
  }

  #tick() {
    cancelAnimationFrame(this.#handle);
    if (!this.#playing || !this.#visible) return;
    this.#elapsed = performance.now() - this.#began;
    const frames = this.#data.points.length;
    const exact = ((this.#elapsed / 1000 / this.#data.seconds) % 1) * frames;
    this.#between(Math.floor(exact) % frames, (Math.floor(exact) + 1) % frames, exact % 1);
    this.#handle = requestAnimationFrame(() => this.#tick());
  }

  /** The frames are few; what lies between two of them is drawn between them. */
  #between(a, b, share) {
    const { points, depth } = this.#data;
    const mixed = points[a].map((point, joint) => point && this.place(between(point, points[b][joint], share), 0));
    this.#bodies[0].body.draw(mixed, (depth ?? [])[a] ?? mixed.map(() => 0));
  }
}

/** Maps 0..1 to the drawing so that the whole movement fills it, `count` bodies side by side. */
function fit(frames, count, posture) {
  const all = frames.flat().filter(Boolean);
  const xs = all.map((point) => point[0]);
  const ys = all.map((point) => point[1]);
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const margin = 0.09;
  const width = SIZE / count;
  const height = SIZE - (count > 1 ? LABEL_ROOM : 0);
  const spread = Math.max(right - left, posture === "sitting" ? 0.3 : 0.25) + margin * 2;
  const scale = Math.min(width / spread, height / (bottom - top + margin * 2));
  const x0 = width / 2 - ((left + right) / 2) * scale;
  const y0 = SIZE - height / 2 - ((top + bottom) / 2) * scale;
  return ([x, y], n) => [x0 + x * scale + n * width, y0 + y * scale];
}

/** Floor, and something to sit on. */
function surroundings(points, trunk, posture) {
  const floor = Math.max(points[31][1], points[32][1]) + 0.1 * trunk;
  const hips = between(points[23], points[24]);
  const drawn = [element("path", { class: "floor", d: line([hips[0] - 1.35 * trunk, floor], [hips[0] + 1.35 * trunk, floor]), "stroke-width": 0.035 * trunk })];
  if (posture === "sitting") {
    const seat = hips[1] + 0.16 * trunk;
    const half = 0.34 * trunk;
    drawn.push(
      element("path", { class: "floor", d: line([hips[0] - half * 0.8, seat], [hips[0] - half * 0.8, floor]), "stroke-width": 0.06 * trunk }),
      element("path", { class: "floor", d: line([hips[0] + half * 0.8, seat], [hips[0] + half * 0.8, floor]), "stroke-width": 0.06 * trunk }),
      element("path", { class: "floor seat", d: line([hips[0] - half, seat], [hips[0] + half, seat]), "stroke-width": 0.1 * trunk }),
    );
  }
  return drawn;
}

function sign(playing) {
  const svg = element("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" });
  svg.append(element("path", playing ? { d: "M8.5 6v12M15.5 6v12", "stroke-width": "3" } : { d: "M8 5l11 7-11 7z", fill: "currentColor" }));
  return svg;
}

customElements.define("exercise-figure", ExerciseFigure);
