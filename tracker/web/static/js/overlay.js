// What is drawn over the picture: a thin light skeleton, and at the working joint an arc that fills towards the target.

const SEEN = 0.5;
const BONES = [
  [11, 12], [11, 23], [12, 24], [23, 24],
  [11, 13], [13, 15], [12, 14], [14, 16],
  [23, 25], [25, 27], [24, 26], [26, 28],
];
const JOINTS = [11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28];
const LIGHT = "rgba(255, 255, 255, 0.92)";
const HALO = "rgba(8, 20, 24, 0.45)";
const FAINT = "rgba(255, 255, 255, 0.35)";
const WORKING = "#7be0d8";
const REACHED = "#8ff0b4";

export class Overlay {
  #canvas;
  #video;
  #context;
  #mirrored = true;
  #covers = true;

  constructor(canvas, video) {
    this.#canvas = canvas;
    this.#video = video;
    this.#context = canvas.getContext("2d");
    new ResizeObserver(() => this.#fit()).observe(canvas);
    this.#fit();
  }

  set mirrored(value) {
    this.#mirrored = value;
    this.#fit();
  }

  #fit() {
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    this.#canvas.width = Math.round(this.#canvas.clientWidth * ratio);
    this.#canvas.height = Math.round(this.#canvas.clientHeight * ratio);
    this.#covers = getComputedStyle(this.#video).objectFit === "cover";
  }

  clear() {
    this.#context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
  }

  /** Draws one pose. `feedback` (or null) gives the working joint and how far the movement has come. */
  draw(pose, feedback) {
    this.clear();
    if (!pose.found) return;
    const place = this.#placing(pose.width, pose.height);
    const point = (index) => place(pose.values[index * 4], pose.values[index * 4 + 1]);
    const seen = (index) => pose.values[index * 4 + 3] >= SEEN;
    const unit = Math.max(1.6, Math.min(this.#canvas.width, this.#canvas.height) / 320);
    this.#skeleton(point, seen, unit);
    if (feedback?.angle) this.#arc(feedback, point, unit);
  }

  /** From normalised coordinates to the canvas, following the video's object-fit. */
  #placing(width, height) {
    const { width: w, height: h } = this.#canvas;
    const scale = (this.#covers ? Math.max : Math.min)(w / width, h / height);
    const left = (w - width * scale) / 2;
    const top = (h - height * scale) / 2;
    return (x, y) => [left + (this.#mirrored ? 1 - x : x) * width * scale, top + y * height * scale];
  }

  #skeleton(point, seen, unit) {
    const lines = BONES.filter(([a, b]) => seen(a) && seen(b)).map(([a, b]) => [point(a), point(b)]);
    this.#strokes(lines, HALO, unit * 3.4);
    this.#strokes(lines, LIGHT, unit * 1.5);
    const context = this.#context;
    context.fillStyle = LIGHT;
    for (const joint of JOINTS.filter(seen)) {
      const [x, y] = point(joint);
      context.beginPath();
      context.arc(x, y, unit * 2.4, 0, Math.PI * 2);
      context.fill();
    }
  }

  #strokes(lines, colour, width) {
    const context = this.#context;
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.lineCap = "round";
    context.beginPath();
    for (const [[ax, ay], [bx, by]] of lines) {
      context.moveTo(ax, ay);
      context.lineTo(bx, by);
    }
    context.stroke();
  }

  /** The arc lies between the two bones of the joint; its bright part is the share of the way to the target. */
  #arc({ angle, progress }, point, unit) {
    const [a, b, c] = angle.points.map(point);
    const from = Math.atan2(a[1] - b[1], a[0] - b[0]);
    let sweep = Math.atan2(c[1] - b[1], c[0] - b[0]) - from;
    if (sweep > Math.PI) sweep -= 2 * Math.PI;
    if (sweep < -Math.PI) sweep += 2 * Math.PI;
    const reach = Math.min(Math.hypot(a[0] - b[0], a[1] - b[1]), Math.hypot(c[0] - b[0], c[1] - b[1]));
    const radius = Math.max(unit * 16, Math.min(reach * 0.55, unit * 42));
    const context = this.#context;
    const stroke = (share, colour, width) => {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.lineCap = "round";
      context.beginPath();
      context.arc(b[0], b[1], radius, from, from + sweep * share, sweep < 0);
      context.stroke();
    };
    stroke(1, HALO, unit * 8);
    stroke(1, FAINT, unit * 5);
    if (progress > 0.02) stroke(Math.min(1, progress), progress >= 1 ? REACHED : WORKING, unit * 5);
  }
}
