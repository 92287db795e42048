// Watching a set: pictures -> landmarks -> engine -> feedback. Owns the two machines; knows nothing of the page.
import { cameraFrames, FileFrames } from "./frames.js";
import { EngineMachine, PoseMachine } from "./machines.js";
import { Track } from "./track.js";

// What a pause looks like to the engine: long enough that it asks for the start position again, however long it was.
const PAUSE_SEEN_AS_S = 3.5;

export class Watching {
  #video;
  #on;
  #end = () => {};
  #file = null;
  #first = null;
  #last = null;
  #skipped = 0;
  #paused = false;
  #resumed = false;
  #open = false;
  #set = 0;
  #track = null;

  /** `on` has feedback(feedback, pose, engine_ms) with the picture in pose.bitmap, and failure(error). */
  constructor(video, urls, on) {
    this.#video = video;
    this.#on = on;
    this.urls = urls;
    /** The document of the exercise, where it is not in the library that the engine brings. */
    this.definition = null;
    this.engine = new EngineMachine({
      worker: urls.engine_worker,
      pyodide: new URL(urls.pyodide, location.href).href,
      folder: new URL(urls.pyodide_folder, location.href).href,
      engine: new URL(urls.engine, location.href).href,
    });
    this.useModel("lite");
  }

  /** Load the pose model; "lite" or "full". */
  useModel(name) {
    this.pose?.close();
    this.pose = new PoseMachine({
      worker: this.urls.pose_worker,
      bundle: new URL(this.urls.vision_bundle, location.href).href,
      wasm: new URL(this.urls.vision_wasm, location.href).href,
      model: new URL(this.urls[`model_${name}`], location.href).href,
    });
    this.poseReady = this.pose.ready;
  }

  get ready() {
    return Promise.all([this.engine.ready, this.poseReady]);
  }

  /** Begin a new set (or a new look at the framing). `keepTrack`: record landmarks of it. */
  openSet(exercise, options, { keepTrack = false } = {}) {
    this.engine.open(exercise, options, this.definition);
    this.#set += 1;
    this.#first = null;
    this.#last = null;
    this.#skipped = 0;
    this.#resumed = false;
    this.#track = keepTrack ? new Track() : null;
    this.#open = true;
  }

  watchCamera() {
    this.#end();
    this.#end = cameraFrames(this.#video, (bitmap, timeS) => this.#see(bitmap, timeS), this.#on.failure);
  }

  /** Looks at a whole file; resolves at its end. */
  async watchFile() {
    this.#end();
    this.#file = new FileFrames(this.#video, (bitmap, timeS) => this.#see(bitmap, timeS));
    this.#end = () => this.#file?.stop();
    try {
      await this.#file.run();
    } finally {
      this.#file = null;
    }
  }

  async #see(bitmap, timeS) {
    if (this.#paused || !this.#open) {
      bitmap.close();
      return;
    }
    const pose = await this.pose.look(bitmap, timeS);
    // Not awaited: the next picture can be looked at while this one is judged and drawn. The engine answers in order,
    // and a summary asked for later comes after it.
    this.#judge(pose, timeS)
      .catch((error) => this.#on.failure(error))
      .finally(() => pose.bitmap.close());
  }

  async #judge(pose, timeS) {
    if (this.#paused || !this.#open) return;
    pose.time_s = this.#timeInSet(timeS);
    this.#track?.add(pose);
    const set = this.#set;
    const { feedback, took_ms: engineMs } = await this.engine.see(pose);
    if (set !== this.#set) return; // asked of the set before: its count is not this one's
    this.#on.feedback(feedback, pose, engineMs);
  }

  #timeInSet(timeS) {
    this.#first ??= timeS;
    if (this.#resumed) {
      this.#resumed = false;
      const away = timeS - this.#last;
      if (away > PAUSE_SEEN_AS_S) this.#skipped += away - PAUSE_SEEN_AS_S;
    }
    this.#last = timeS;
    return timeS - this.#first - this.#skipped;
  }

  pause() {
    this.#paused = true;
    this.#file?.pause();
  }

  resume() {
    this.#paused = false;
    // A file stands still while paused; only a camera's time runs on.
    this.#resumed = this.#last !== null && this.#file === null;
    this.#file?.resume();
  }

  checkpoint() {
    return this.engine.checkpoint();
  }

  /** The summary of the set and, if kept, its packed track. Nothing is judged any more afterwards. */
  async finishSet() {
    this.#open = false;
    this.#paused = false;
    const summary = await this.engine.finish();
    const track = (await this.#track?.packed()) ?? null;
    this.#track = null;
    return { summary, track };
  }

  stopWatching() {
    this.#open = false;
    this.#end();
    this.#end = () => {};
  }
}
