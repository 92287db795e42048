// The picture as it was judged, and over it a thin light skeleton and, at the working joint, an arc that fills towards the
// target. Showing the judged picture rather than the running video keeps body and skeleton together at any frame rate,
// and spares a device without graphics hardware from drawing pictures that nobody judges (a third of its time).

const SEEN = 0.5;
const LARGEST_SIDE = 1280;
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
    this.#context = canvas.getContext("2d", { alpha: false });
    new ResizeObserver(() => this.#fit()).observe(canvas);
    this.#fit();
  }

  set mirrored(value) {
    this.#mirrored = value;
    this.#fit();
  }

  #fit() {
    const { clientWidth, clientHeight } = this.#canvas;
    const ratio = Math.min(window.devicePixelRatio || 1, LARGEST_SIDE / Math.max(clientWidth, clientHeight, 1));
    this.#canvas.width = Math.round(clientWidth * ratio);
    this.#canvas.height = Math.round(clientHeight * ratio);
    this.#covers = getComputedStyle(this.#video).objectFit === "cover";
  }

  /** Show the running video again, until the next picture. */
  clear() {
    this.#shown(false);
  }

  #shown(on) {
    this.#canvas.parentElement.classList.toggle("shows-pictures", on);
  }

  /** Draws one judged picture. `feedback` (or null) gives the working joint and how far the movement has come. */
  draw(pose, feedback) {
    this.#shown(true);
    const area = this.#area(pose);
    this.#picture(pose.bitmap, area);
    if (!pose.found) return;
    const place = (x, y) => [area.left + (this.#mirrored ? 1 - x : x) * area.width, area.top + y * area.height];
    const point = (index) => place(pose.values[index * 4], pose.values[index * 4 + 1]);
    const seen = (index) => pose.values[index * 4 + 3] >= SEEN;
    const unit = Math.max(1.6, Math.min(this.#canvas.width, this.#canvas.height) / 320);
    this.#skeleton(point, seen, unit);
    if (feedback?.angle) this.#arc(feedback, point, unit);
  }

  /** Where the picture lies on the canvas, as the video's object-fit would have it. */
  #area({ width, height }) {
    const { width: w, height: h } = this.#canvas;
    const scale = (this.#covers ? Math.max : Math.min)(w / width, h / height);
    return { left: (w - width * scale) / 2, top: (h - height * scale) / 2, width: width * scale, height: height * scale };
  }

  #picture(bitmap, { left, top, width, height }) {
    const context = this.#context;
    const { width: w } = this.#canvas;
    if (!this.#covers) context.clearRect(0, 0, w, this.#canvas.height);
    context.setTransform(this.#mirrored ? -1 : 1, 0, 0, 1, this.#mirrored ? w : 0, 0);
    context.drawImage(bitmap, left, top, width, height);
    context.setTransform(1, 0, 0, 1, 0, 0);
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
