// The landmarks of one set, kept only when the person agreed to it. Never pixels.
// Format (read by the server's training/tracks.py): gzip of a header line {"frames":N,"width":W,"height":H}, N float64
// times in seconds, N x 33 x 3 int16 (x, y, visibility, times 10,000; -32768: not seen), all little-endian.

const JOINTS = 33;
const SCALE = 10000;
const UNSEEN = -32768;
const LARGEST = 32767;
const MOST_FRAMES = 30 * 60 * 60;

function scaled(value) {
  return Math.max(-LARGEST, Math.min(LARGEST, Math.round(value * SCALE)));
}

export class Track {
  #times = [];
  #frames = [];
  #size = null;

  add({ time_s: timeS, width, height, values, found }) {
    if (this.#times.length >= MOST_FRAMES) return;
    this.#size ??= { width, height };
    const frame = new Int16Array(JOINTS * 3).fill(UNSEEN);
    for (let joint = 0; found && joint < JOINTS; joint += 1) {
      frame[joint * 3] = scaled(values[joint * 4]);
      frame[joint * 3 + 1] = scaled(values[joint * 4 + 1]);
      frame[joint * 3 + 2] = scaled(values[joint * 4 + 3]);
    }
    this.#times.push(timeS);
    this.#frames.push(frame);
  }

  /** The packed track as base64; null when there is nothing, or when the browser cannot compress. */
  async packed() {
    if (!this.#times.length || typeof CompressionStream === "undefined") return null;
    const frames = this.#times.length;
    const header = new TextEncoder().encode(`${JSON.stringify({ frames, ...this.#size })}\n`);
    const bytes = new Uint8Array(header.length + frames * (8 + JOINTS * 3 * 2));
    bytes.set(header);
    const view = new DataView(bytes.buffer);
    let at = header.length;
    for (const time of this.#times) {
      view.setFloat64(at, time, true);
      at += 8;
    }
    for (const frame of this.#frames) {
      for (const value of frame) {
        view.setInt16(at, value, true);
        at += 2;
      }
    }
    const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
    return base64(new Uint8Array(await new Response(stream).arrayBuffer()));
  }
}

function base64(bytes) {
  const PIECE = 0x8000; // more arguments than this overflow the stack of some browsers
  let text = "";
  for (let at = 0; at < bytes.length; at += PIECE) text += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return btoa(text);
}
