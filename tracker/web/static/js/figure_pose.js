// What the joints of an exercise's figure mean, before anything is drawn: which parts work, how large the body is, and
// what no key pose says (soles on the floor, hands on a wall). Frames are lists of 33 points [x, y] in 0..1 of a square.

export const LIMBS = { rightLeg: [24, 26, 28], leftLeg: [23, 25, 27], rightArm: [12, 14, 16], leftArm: [11, 13, 15] };
const SHOULDERS = [11, 12];
const HIPS = [23, 24];

// Joints and the length between them in lengths of the trunk (exercises/figure.py).
const SEGMENTS = [[11, 23, 1.02], [11, 12, 0.7], [23, 25, 0.84], [25, 27, 0.84], [11, 13, 0.58], [12, 14, 0.58]];
const WORKS = 0.3; // how far the end of a limb goes, in lengths of the trunk, before it is what works
const HINTS = 0.1; // the same where nothing else moves

export const between = (a, b, share = 0.5) => [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share];
export const distance = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);

/** What works: limbs by their root, "trunk", "neck". A limb works when its end moves against its root. Who stands up
 *  carries the arms along, who turns or bends takes them along too; where nearly everything else moves, arms are meant. */
export function working({ points, bend, posture, peak_frame: peak }) {
  const size = build(points[0]);
  const ends = [points[0], points[peak]];
  const [hips, shoulders] = [HIPS, SHOULDERS].map((pair) => ends.map((at) => between(at[pair[0]], at[pair[1]])));
  if (posture !== "kneeling" && posture !== "plank" && Math.abs(hips[0][1] - hips[1][1]) > WORKS * size) return new Set([23, 24]);
  const lean = ends.map((_, n) => Math.atan2(shoulders[n][0] - hips[n][0], hips[n][1] - shoulders[n][1]));
  const broad = ends.map((at) => distance(at[11], at[12]));
  const stays = distance(...hips) < 0.15 * size;
  const bends = posture !== "all_fours" && stays && Math.abs(lean[1] - lean[0]) > 0.17;
  const turns = posture !== "all_fours" && Math.abs(broad[1] - broad[0]) > 0.15 * size;
  if (bends || turns || posture === "plank" || posture === "kneeling") return new Set(["trunk"]);
  const path = ([root, ...rest]) =>
    Math.max(...rest.map((joint) => {
      const [a, b] = ends.map((at) => [at[joint][0] - at[root][0], at[joint][1] - at[root][1]]);
      return distance(a, b);
    }));
  const found = Object.entries(LIMBS).map(([name, limb]) => ({ isArm: name.endsWith("Arm"), root: limb[0], path: path(limb) }));
  let limbs = found.filter((each) => each.path > WORKS * size);
  if (limbs.length > 2) limbs = limbs.filter((each) => each.isArm);
  if (posture === "all_fours" && limbs.every((each) => each.isArm)) {
    limbs = limbs.sort((a, b) => b.path - a.path).slice(0, 1); // the other one carries
  }
  const names = new Set(limbs.map((each) => each.root));
  if (bend && Math.abs(bend[peak] - bend[0]) > 0.1 * size) names.add("trunk");
  if (names.size) return names;
  const slide = ends.map((_, n) => turned(shoulders[n], hips[n], 0));
  if (distance(...slide) > 0.04 * size) return new Set(["trunk"]); // shoulder blades
  const head = ends.map((at, n) => turned(between(at[7], at[8]), shoulders[n], -lean[n]));
  const nod = ends.map((at, n) => turned(at[0], shoulders[n], -lean[n]));
  if (Math.max(distance(...head), distance(...nod)) > 0.04 * size) return new Set(["neck"]);
  const most = found.reduce((a, b) => (b.path > a.path ? b : a));
  return new Set(most.path > HINTS * size ? [most.root] : []);
}

/** A point as seen from another, turned by an angle. */
function turned(point, from, angle) {
  const [x, y] = [point[0] - from[0], point[1] - from[1]];
  return [x * Math.cos(angle) - y * Math.sin(angle), x * Math.sin(angle) + y * Math.cos(angle)];
}

/** The frames with what no key pose says: soles stand flat, hands stay on the wall, a forearm on the door frame. */
export function settled(data) {
  const { points, posture, kit = [], peak_frame: peak } = data;
  let frames = points;
  const size = build(points[0]);
  if (posture === "standing" || posture === "sitting") frames = frames.map((at) => flatFooted(at, size));
  const sideOn = posture === "standing" && distance(points[0][11], points[0][12]) < 0.3 * size;
  if (sideOn && kit[0] === "wall") frames = frames.map((at, n) => onTheWall(at, points[0], points[peak], size));
  if (sideOn && kit[0] === "door") {
    const hand = points[0][15][1] < points[0][16][1] ? 15 : 16;
    frames = frames.map((at) => at.map((point) => point && [point[0] + points[0][hand][0] - at[hand][0], point[1]]));
  }
  return frames === points ? data : { ...data, points: frames };
}

/** The same body with its soles level: ankles and shanks move over them. A lifted foot stays as it is. */
function flatFooted(at, size) {
  const lowest = Math.max(at[27][1], at[28][1]);
  const flat = at.slice();
  for (const [ankle, heel, toe] of [[27, 29, 31], [28, 30, 32]]) {
    if (![ankle, heel, toe].every((joint) => at[joint]) || lowest - at[ankle][1] > 0.25 * size) continue;
    const length = distance(at[heel], at[toe]);
    const points = length > 0.2 * size ? Math.sign(at[toe][0] - at[heel][0]) * length : 0;
    const sole = at[ankle][1] + 0.11 * size;
    flat[heel] = [at[ankle][0] - 0.25 * points, sole];
    flat[toe] = [at[ankle][0] + 0.75 * points, sole];
  }
  return flat;
}

/** Hands that are in the same place at both ends stay there in between; the elbow gives way. */
function onTheWall(at, start, end, size) {
  const held = at.slice();
  for (const [shoulder, elbow, wrist, hand] of [[11, 13, 15, 19], [12, 14, 16, 20]]) {
    if (distance(start[hand], end[hand]) > 0.2 * size) continue;
    const place = between(start[wrist], end[wrist]);
    const [upper, lower] = [distance(start[shoulder], start[elbow]), distance(start[elbow], start[wrist])];
    const away = Math.min(distance(at[shoulder], place), upper + lower);
    const reach = distance(at[shoulder], place) || 1e-6;
    const along = [(place[0] - at[shoulder][0]) / reach, (place[1] - at[shoulder][1]) / reach];
    const share = (upper * upper - lower * lower + away * away) / (2 * away);
    const side = Math.sqrt(Math.max(0, upper * upper - share * share)) * Math.sign(along[0]);
    held[elbow] = [at[shoulder][0] + along[0] * share - along[1] * side, at[shoulder][1] + along[1] * share + along[0] * side];
    held[wrist] = [at[shoulder][0] + along[0] * away, at[shoulder][1] + along[1] * away];
    held[hand] = [held[wrist][0] + along[0] * 0.06 * size, held[wrist][1] - 0.12 * size];
  }
  return held;
}

/** The length of the trunk as this body would have it upright, from whichever part of it is foreshortened least. */
export function build(points) {
  return Math.max(...SEGMENTS.map(([a, b, share]) => distance(points[a], points[b]) / share));
}
