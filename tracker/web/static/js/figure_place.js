// Where the bodies of a figure stand in the drawing, and what stands around them: floor, chair, wall, door frame.
import { between, build, distance } from "./figure_pose.js";

const SVG = "http://www.w3.org/2000/svg";
export const SIZE = 1000; // of the drawing
const LABEL_ROOM = 60;
const LOWEST_OF_CLOSE = 24; // of a body that goes out of the picture, head, arms and hips are what it is drawn for

export function element(name, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

export const line = (...points) => `M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}`;

/** Maps 0..1 to the drawing so that what is shown fills it: one movement, or two poses side by side, each as broad as it
 *  needs, or one above the other. What lies outside 0..1 is outside the picture on purpose: movements of a few
 *  centimetres are drawn close. `shown`: for each body the frames that have to fit. */
export function fit(shown) {
  const count = shown.length;
  const size = build(shown[0][0]);
  const close = shown.flat(2).some((point) => point && Math.max(...point) > 1.02);
  const margin = (close ? 0.3 : 0.4) * size;
  const extents = shown.map((frames) => {
    const all = frames.flatMap((frame) => (close ? frame.slice(0, LOWEST_OF_CLOSE + 1) : frame)).filter(Boolean);
    const [xs, ys] = [0, 1].map((axis) => all.map((point) => Math.min(1, Math.max(0, point[axis]))));
    return { left: Math.min(...xs) - margin, right: Math.max(...xs) + margin, top: Math.min(...ys) - margin, bottom: Math.max(...ys) + margin };
  });
  const widths = extents.map(({ left, right }) => Math.max(right - left, 1.3 * size));
  const [top, bottom] = [Math.min(...extents.map((each) => each.top)), Math.max(...extents.map((each) => each.bottom))];
  // A long low body stands better above its other end than beside it.
  const stacked = count > 1 && Math.max(...widths) > 1.2 * (bottom - top);
  const room = stacked ? SIZE / count : SIZE;
  const height = room - (count > 1 ? LABEL_ROOM : 0);
  const broad = stacked ? Math.max(...widths) : widths.reduce((sum, width) => sum + width);
  const scale = Math.min(SIZE / broad, height / (bottom - top));
  let x = 0;
  const cells = widths.map((width, n) => {
    if (stacked) return { x: 0, y: n * room, width: SIZE, height: room };
    const cell = { x, y: 0, width: width * scale + (SIZE - broad * scale) / count, height: SIZE };
    x += cell.width;
    return cell;
  });
  const place = ([px, py], n) => {
    const { left, right } = extents[n];
    const cell = cells[n];
    return [cell.x + cell.width / 2 + (px - (left + right) / 2) * scale, cell.y + room - height / 2 + (py - (top + bottom) / 2) * scale];
  };
  return Object.assign(place, { scale, stacked, cells });
}

/** Floor, and what the body sits on or leans against. `frames`: where the joints are. */
export function surroundings(frames, trunk, { posture, kit, peak, cell }) {
  const start = frames[0].filter(Boolean);
  const floor = Math.max(...start.map((point) => point[1])) + (posture === "supine" ? 0.24 : 0.1) * trunk;
  const hips = between(frames[0][23], frames[0][24]);
  const onTheFloor = ["kneeling", "all_fours", "supine", "plank"].includes(posture);
  const xs = frames.flat().filter(Boolean).map((point) => point[0]);
  const edges = [cell.x + 24, cell.x + cell.width - 24];
  const ends = onTheFloor ? [Math.max(edges[0], Math.min(...xs) - 0.3 * trunk), Math.min(edges[1], Math.max(...xs) + 0.3 * trunk)] : edges;
  const bar = (name, from, to, width) => element("path", { class: name, d: line(from, to), "stroke-width": width * trunk });
  const sideOn = distance(frames[0][11], frames[0][12]) < 0.3 * trunk;
  const faces = Math.sign(frames[0][0][0] - between(frames[0][7], frames[0][8])[0]) || 1;
  const drawn = [bar(onTheFloor ? "floor mat" : "floor", [ends[0], floor], [ends[1], floor], onTheFloor ? 0.08 : 0.035)];
  const getsUp = hips[1] - between(frames[peak][23], frames[peak][24])[1] > 0.3 * trunk;
  if (posture === "sitting" || (kit.includes("chair") && getsUp)) {
    const seat = hips[1] + 0.16 * trunk;
    const half = 0.34 * trunk;
    drawn.push(
      bar("floor", [hips[0] - half * 0.8, seat], [hips[0] - half * 0.8, floor], 0.06),
      bar("floor", [hips[0] + half * 0.8, seat], [hips[0] + half * 0.8, floor], 0.06),
      bar("floor seat", [hips[0] - half, seat], [hips[0] + half, seat], 0.1),
    );
    const [before, after] = [0, peak].map((n) => between(frames[n][11], frames[n][12])[0] * faces);
    if (sideOn && before - after > 0.1 * trunk) {
      // Who leans back leans over the top of a chair's back.
      drawn.push(bar("floor", [hips[0] - faces * 0.34 * trunk, seat], [hips[0] - faces * 0.4 * trunk, seat - 0.85 * trunk], 0.09));
    }
  }
  // Seen from the side only: from the front a wall is behind the body or before it, and shows nothing.
  if (posture === "standing" && sideOn && (kit[0] === "wall" || kit[0] === "door")) {
    const hands = [0, peak].flatMap((n) => [frames[n][19][0], frames[n][20][0]]);
    const reach = faces > 0 ? Math.max(...hands) : Math.min(...hands);
    const forearm = frames[0][15][1] < frames[0][16][1] ? frames[0][19] : frames[0][20];
    const at = kit[0] === "door" ? forearm[0] + faces * 0.14 * trunk : reach + faces * 0.1 * trunk;
    drawn.push(bar("floor", [at, floor], [at, floor - 3.4 * trunk], kit[0] === "wall" ? 0.12 : 0.09));
  }
  return drawn;
}
