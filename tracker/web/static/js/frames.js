// Pictures with their own times, from a camera (the newest wins, nothing queues) or from a file (none is left out).
// Times are seconds on the source's own clock: capture time or media time, never the moment of processing, so a slow
// machine sees fewer pictures but the same movement.

const LARGEST_SIDE = 1280;

/** Calls back once for the next picture a video shows, with {time_s}. Falls back to animation frames. */
function nextPicture(video, callback) {
  if (video.requestVideoFrameCallback) {
    const handle = video.requestVideoFrameCallback((now, facts) => callback(timeOf(video, now, facts)));
    return () => video.cancelVideoFrameCallback(handle);
  }
  const before = video.currentTime;
  let handle = 0;
  const poll = () => {
    if (video.currentTime !== before) callback(video.currentTime);
    else handle = requestAnimationFrame(poll);
  };
  handle = requestAnimationFrame(poll);
  return () => cancelAnimationFrame(handle);
}

function timeOf(video, now, facts) {
  if (video.srcObject) return (facts.captureTime ?? facts.expectedDisplayTime ?? now) / 1000;
  return facts.mediaTime;
}

function pictureOf(video) {
  const longest = Math.max(video.videoWidth, video.videoHeight);
  if (longest <= LARGEST_SIDE) return createImageBitmap(video);
  const share = LARGEST_SIDE / longest;
  return createImageBitmap(video, {
    resizeWidth: Math.round(video.videoWidth * share),
    resizeHeight: Math.round(video.videoHeight * share),
    resizeQuality: "medium",
  });
}

/**
 * Pictures of a camera. `handle(bitmap, time_s)` returns a promise; while it works, only the newest picture is kept.
 * Returns a function that ends it.
 */
export function cameraFrames(video, handle, onError) {
  let stopped = false;
  let busy = false;
  let newest = null;
  let cancel = () => {};

  async function work(bitmap, timeS) {
    busy = true;
    try {
      await handle(bitmap, timeS);
    } catch (error) {
      onError(error);
    }
    busy = false;
    if (newest && !stopped) {
      const { bitmap: kept, timeS: at } = newest;
      newest = null;
      work(kept, at);
    }
  }

  async function onPicture(timeS) {
    if (stopped) return;
    cancel = nextPicture(video, onPicture);
    let bitmap;
    try {
      bitmap = await pictureOf(video);
    } catch {
      return; // the camera is just starting, stopping or turning: the next picture comes soon
    }
    if (stopped) bitmap.close();
    else if (!busy) work(bitmap, timeS);
    else {
      newest?.bitmap.close();
      newest = { bitmap, timeS };
    }
  }

  cancel = nextPicture(video, onPicture);
  return () => {
    stopped = true;
    cancel();
    newest?.bitmap.close();
    newest = null;
  };
}

const QUEUE_FULL = 6;
const QUEUE_LOW = 2;
const GAP_FACTOR = 1.6;
const SLOWEST_RATE = 0.2;
const FASTEST_RATE = 2;
const STEP_GUESS_S = 1 / 30;

/**
 * Every picture of a file, in order, at the speed the machine manages: the video is slowed down or paused while pictures
 * wait, and when the browser skipped some, it goes back once and shows them more slowly.
 * `handle(bitmap, time_s)` returns a promise. Resolves when the file is at its end, or when `control.stop()` was called.
 */
export class FileFrames {
  #video;
  #handle;
  #queue = [];
  #done = null;
  #stopped = false;
  #paused = false;
  #ended = false;
  #working = false;
  #lastTime = -1;
  #step = STEP_GUESS_S;
  #steps = [];
  #goneBackTo = new Set();

  constructor(video, handle) {
    this.#video = video;
    this.#handle = handle;
  }

  /** Resolves at the end of the file; rejects when the browser cannot play it or a picture could not be judged. */
  run() {
    const video = this.#video;
    return new Promise((resolve, reject) => {
      this.#done = { resolve, reject };
      video.onended = () => {
        this.#ended = true;
        this.#settle();
      };
      video.onerror = () => reject(new Error("video"));
      video.playbackRate = 1;
      video.currentTime = 0;
      nextPicture(video, (timeS) => this.#onPicture(timeS));
      video.play().catch(reject);
    });
  }

  pause() {
    this.#paused = true;
    this.#video.pause();
  }

  resume() {
    this.#paused = false;
    this.#flow();
  }

  stop() {
    this.#stopped = true;
    this.#video.pause();
    this.#settle();
  }

  async #onPicture(timeS) {
    if (this.#stopped) return;
    nextPicture(this.#video, (time) => this.#onPicture(time));
    if (timeS <= this.#lastTime) return; // shown again after going back
    // The first pictures may be gone before a browser begins to show: the beginning is looked for like any gap.
    const gap = timeS - Math.max(0, this.#lastTime);
    if (gap > GAP_FACTOR * this.#step && this.#goBack()) return;
    this.#learnStep(gap);
    this.#lastTime = timeS;
    const slot = { timeS, bitmap: null };
    this.#queue.push(slot); // its place in line is taken before the picture is copied
    try {
      slot.bitmap = await pictureOf(this.#video);
    } catch {
      this.#queue.splice(this.#queue.indexOf(slot), 1);
    }
    this.#flow();
    this.#work();
  }

  /** Show the skipped part again, slower; once per place, because a file may itself have a gap there. */
  #goBack() {
    const place = Math.round(this.#lastTime * 100);
    if (this.#goneBackTo.has(place)) return false;
    this.#goneBackTo.add(place);
    this.#video.playbackRate = Math.max(SLOWEST_RATE, this.#video.playbackRate * 0.7);
    this.#video.currentTime = this.#lastTime < 0 ? 0 : this.#lastTime + this.#step / 4;
    this.#flow();
    return true;
  }

  #learnStep(gap) {
    if (this.#lastTime < 0) return;
    this.#steps.push(gap);
    if (this.#steps.length > 15) this.#steps.shift();
    this.#step = [...this.#steps].sort((a, b) => a - b)[Math.floor(this.#steps.length / 2)];
  }

  #flow() {
    if (this.#stopped || this.#ended || this.#paused) return;
    if (this.#queue.length >= QUEUE_FULL) {
      this.#video.pause();
      this.#video.playbackRate = Math.max(SLOWEST_RATE, this.#video.playbackRate * 0.85);
    } else if (this.#queue.length <= QUEUE_LOW && this.#video.paused) {
      this.#video.play().catch(() => {});
    } else if (this.#queue.length === 0 && this.#goneBackTo.size === 0) {
      this.#video.playbackRate = Math.min(FASTEST_RATE, this.#video.playbackRate * 1.05);
    }
  }

  async #work() {
    if (this.#working) return;
    this.#working = true;
    try {
      while (!this.#stopped && this.#queue[0]?.bitmap) {
        const { bitmap, timeS } = this.#queue[0];
        await this.#handle(bitmap, timeS);
        this.#queue.shift();
        this.#flow();
      }
    } catch (error) {
      this.#stopped = true;
      this.#done.reject(error);
    }
    this.#working = false;
    this.#settle();
  }

  #settle() {
    if (!this.#done) return;
    if (this.#stopped || (this.#ended && this.#queue.length === 0 && !this.#working)) this.#done.resolve();
  }
}
