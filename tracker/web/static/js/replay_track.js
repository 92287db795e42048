// The stored joint positions of one set, as the server hands them out (the format of track.js). The browser itself
// unpacks them on the way in (Content-Encoding); here the numbers are only laid open, without copying each one.

const JOINTS = 33;
const SCALE = 10000;
const UNSEEN = -32768;
const PER_FRAME = JOINTS * 3;
const SURE = 0.5;
const CLEARLY = 0.15;
const EDGE = 0.01; // of all places, on each side: a joint that jumps for a moment does not make everybody else small

export class StoredTrack {
  constructor(buffer) {
    const bytes = new Uint8Array(buffer);
    const lineEnd = bytes.indexOf(10);
    if (lineEnd < 0 || lineEnd > 200) throw new Error("no header");
    const { frames, width, height } = JSON.parse(new TextDecoder().decode(bytes.subarray(0, lineEnd)));
    const body = buffer.slice(lineEnd + 1); // aligned
    if (!(frames > 0 && width > 0 && height > 0) || body.byteLength !== frames * (8 + PER_FRAME * 2)) throw new Error("wrong length");
    this.frames = frames;
    this.aspect = width / height;
    this.times = new Float64Array(body, 0, frames); // little-endian, like every machine a browser runs on
    this.values = new Int16Array(body, frames * 8);
  }

  /** The last frame that is not later than a moment; the first one before it. */
  at(moment) {
    let low = 0;
    let high = this.frames - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.times[middle] <= moment) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** A joint in a frame as {x, y, sure}, x in picture heights and y from the top; null where it was not seen. */
  joint(frame, joint) {
    const at = frame * PER_FRAME + joint * 3;
    if (this.values[at] === UNSEEN) return null;
    return { x: (this.values[at] / SCALE) * this.aspect, y: this.values[at + 1] / SCALE, sure: this.values[at + 2] / SCALE };
  }

  /** Whether anybody was found in a frame. */
  somebody(frame) {
    const from = frame * PER_FRAME;
    for (let at = from; at < from + PER_FRAME; at += 3) if (this.values[at] !== UNSEEN) return true;
    return false;
  }

  /** What has to fit into the picture: where well-seen joints are during the whole set. */
  bounds() {
    const [xs, ys] = [[], []];
    const every = Math.max(1, Math.floor(this.frames / 600));
    for (let frame = 0; frame < this.frames; frame += every) {
      for (let joint = 0; joint < JOINTS; joint += 1) {
        const place = this.joint(frame, joint);
        if (!place || place.sure < SURE) continue;
        xs.push(place.x);
        ys.push(place.y);
      }
    }
    if (!xs.length) return { left: 0, right: this.aspect, top: 0, bottom: 1 };
    const between = (list) => {
      const sorted = Float64Array.from(list).sort();
      const edge = Math.floor(sorted.length * EDGE);
      return [sorted[edge], sorted[sorted.length - 1 - edge]];
    };
    const [[left, right], [top, bottom]] = [between(xs), between(ys)];
    return { left, right, top, bottom };
  }

  /** The side that is turned away from the camera: the one whose arm is seen worse all along; null seen from the front. */
  far() {
    const sure = { left: 0, right: 0 };
    let frames = 0;
    const every = Math.max(1, Math.floor(this.frames / 60));
    for (let frame = 0; frame < this.frames; frame += every) {
      frames += 1;
      for (const [side, joints] of [["left", [13, 15]], ["right", [14, 16]]]) {
        for (const joint of joints) sure[side] += (this.joint(frame, joint)?.sure ?? 0) / 2;
      }
    }
    const apart = (sure.left - sure.right) / frames;
    return Math.abs(apart) < CLEARLY ? null : apart > 0 ? "right" : "left";
  }

  /** Where the nose points, seen from the side: 1 to the right of the picture, -1 to the left, 0 where nobody knows. */
  faces() {
    let sum = 0;
    const every = Math.max(1, Math.floor(this.frames / 60));
    for (let frame = 0; frame < this.frames; frame += every) {
      const [nose, ...ears] = [0, 7, 8].map((joint) => this.joint(frame, joint));
      const ear = ears.filter(Boolean).sort((a, b) => b.sure - a.sure)[0];
      if (nose && ear) sum += nose.x - ear.x;
    }
    return Math.sign(sum);
  }
}

/** Fetch the joint positions of a set. Throws an Error whose message is the key of a sentence. */
export async function fetchTrack(address) {
  let response;
  try {
    response = await fetch(address, { headers: { Accept: "application/octet-stream" }, cache: "no-store" });
  } catch {
    throw new Error("replay.failed");
  }
  if (!response.ok || response.redirected) throw new Error(response.status === 404 ? "replay.gone" : "replay.failed");
  try {
    return new StoredTrack(await response.arrayBuffer());
  } catch {
    throw new Error("replay.failed");
  }
}
