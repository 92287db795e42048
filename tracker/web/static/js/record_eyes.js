// Landmarks from a camera or a file, one after the other, with the picture they were found in. Judges nothing.
import { cameraFrames, FileFrames } from "./frames.js";
import { PoseMachine } from "./machines.js";

export class Eyes {
  #video;
  #onFailure;
  #end = () => {};

  constructor(video, urls, onFailure) {
    this.#video = video;
    this.#onFailure = onFailure;
    const absolute = (name) => new URL(urls[name], location.href).href;
    this.machine = new PoseMachine({
      worker: urls.pose_worker,
      bundle: absolute("vision_bundle"),
      wasm: absolute("vision_wasm"),
      model: absolute("model_lite"),
    });
  }

  get ready() {
    return this.machine.ready;
  }

  /** `onPose(pose)` may return a promise; the picture in pose.bitmap is gone when it has settled. */
  watchCamera(onPose) {
    this.stop();
    this.#end = cameraFrames(this.#video, (bitmap, timeS) => this.#look(bitmap, timeS, onPose), this.#onFailure);
  }

  /** Every picture of the file in the video; resolves at its end. */
  async watchFile(onPose) {
    this.stop();
    const file = new FileFrames(this.#video, (bitmap, timeS) => this.#look(bitmap, timeS, onPose));
    this.#end = () => file.stop();
    await file.run();
  }

  async #look(bitmap, timeS, onPose) {
    const pose = await this.machine.look(bitmap, timeS);
    try {
      await onPose(pose);
    } finally {
      pose.bitmap.close();
    }
  }

  stop() {
    this.#end();
    this.#end = () => {};
  }
}

const VALUES = 33 * 4;

/** The landmarks of one demonstration, with times from its beginning. Never pixels. */
export class Recording {
  #times = [];
  #values = [];
  #found = [];
  #first = null;
  #size = null;

  add({ time_s: timeS, width, height, values, found }) {
    this.#first ??= timeS;
    this.#size ??= { width, height };
    this.#times.push(timeS - this.#first);
    this.#values.push(values);
    this.#found.push(found ? 1 : 0);
  }

  get seconds() {
    return this.#times.at(-1) ?? 0;
  }

  /** As the engine's worker takes it: times, all values in a row, and whether somebody was there. */
  packed() {
    const values = new Float32Array(this.#values.length * VALUES);
    this.#values.forEach((frame, n) => values.set(frame, n * VALUES));
    return { times: new Float64Array(this.#times), values, found: new Uint8Array(this.#found), ...this.#size };
  }
}
