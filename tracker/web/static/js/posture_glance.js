// A glance at a picture: how light it is and whether something has stirred, from 32 x 24 points. Costs next to nothing,
// so it may be taken while the pose model rests. The points stay in this memory.

const WIDTH = 32;
const HEIGHT = 24;
const POINTS = WIDTH * HEIGHT;
const CHANGED_BY = 14; // of 255: above the noise of a cheap camera
export const STIRRED_SHARE = 0.06; // of the points: a head that comes into the picture, or a person who shifts

export class Glance {
  #context;
  #before = null;

  constructor() {
    const canvas = new OffscreenCanvas(WIDTH, HEIGHT);
    this.#context = canvas.getContext("2d", { willReadFrequently: true });
  }

  /** {light: 0..1, stirred: share of points that differ from the last glance that was `keep`-t}. */
  look(picture, keep = true) {
    this.#context.drawImage(picture, 0, 0, WIDTH, HEIGHT);
    const { data } = this.#context.getImageData(0, 0, WIDTH, HEIGHT);
    const luma = new Uint8Array(POINTS);
    let sum = 0;
    for (let point = 0; point < POINTS; point += 1) {
      const at = point * 4;
      const value = 0.2126 * data[at] + 0.7152 * data[at + 1] + 0.0722 * data[at + 2];
      luma[point] = value;
      sum += value;
    }
    const stirred = this.#differing(luma, sum / POINTS);
    if (keep) this.#before = { luma, mean: sum / POINTS };
    return { light: sum / POINTS / 255, stirred };
  }

  /** A lamp or the camera's own exposure changes every point alike; that is nobody who stirs. */
  #differing(luma, mean) {
    if (!this.#before) return 1;
    const shift = mean - this.#before.mean;
    let differing = 0;
    for (let point = 0; point < POINTS; point += 1) {
      if (Math.abs(luma[point] - this.#before.luma[point] - shift) > CHANGED_BY) differing += 1;
    }
    return differing / POINTS;
  }
}
