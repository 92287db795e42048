// The eyes of the desk: a camera, the worker that keeps the pulse, and the pose model. Gives pictures as landmarks when
// they are due; keeps going in a hidden tab. Owns the camera's light: it is off whenever these eyes are closed.
import { CameraError, cameras, closeCamera, openCamera } from "./camera.js";
import { PoseMachine } from "./machines.js";

const RATE = 10; // pictures a second are plenty for somebody who sits, and cheap
const RETRY_S = 1;

export class Eyes {
  #pulse;
  #pose = null;
  #urls;
  #video;
  #on;
  #stream = null;
  #opening = 0;
  #copying = false;

  /** `on`: seen(picture) -> promise of {in_s, wake}; tick(); lost(key): "ended" or "silent"; failure(error). */
  constructor(urls, video, on) {
    this.#urls = urls;
    this.#video = video;
    this.#on = on;
    this.#pulse = new Worker(urls.posture_worker, { type: "module" });
    this.#pulse.onmessage = ({ data }) => this.#hear(data);
    this.#pulse.onerror = (event) => on.failure(new Error(event.message || "worker"));
  }

  /** Load the pose model; settles when it can be used. */
  get ready() {
    this.#pose ??= new PoseMachine({
      worker: this.#urls.pose_worker,
      bundle: new URL(this.#urls.vision_bundle, location.href).href,
      wasm: new URL(this.#urls.vision_wasm, location.href).href,
      model: new URL(this.#urls.model_lite, location.href).href,
    });
    return this.#pose.ready;
  }

  get isOpen() {
    return this.#stream !== null;
  }

  /** What the camera is called and which it is. */
  get camera() {
    const track = this.#stream?.getVideoTracks()[0];
    return track ? { label: track.label, id: track.getSettings().deviceId ?? null } : null;
  }

  /** Open a camera; throws CameraError. Whoever closes the eyes meanwhile has the last word. */
  async open(deviceId) {
    this.close();
    const mine = ++this.#opening;
    const stream = await openCamera(await offered(deviceId));
    if (mine !== this.#opening) {
      closeCamera(stream);
      throw new CameraError("closed");
    }
    this.#stream = stream;
    const [track] = stream.getVideoTracks();
    await track.applyConstraints({ ...track.getConstraints(), frameRate: { ideal: RATE } }).catch(() => {});
    if (mine !== this.#opening) throw new CameraError("closed");
    track.addEventListener("ended", () => this.#lose("ended", stream));
    if ("MediaStreamTrackProcessor" in window) this.#readInWorker(track);
    else await this.#copyFromVideo(stream);
  }

  #readInWorker(track) {
    const { readable } = new MediaStreamTrackProcessor({ track, maxBufferSize: 1 });
    this.#copying = false;
    this.#pulse.postMessage({ type: "open", readable }, [readable]);
  }

  async #copyFromVideo(stream) {
    this.#copying = true;
    this.#video.srcObject = stream;
    await this.#video.play().catch(() => {});
    this.#pulse.postMessage({ type: "open", readable: null });
  }

  /** Show the picture to the person (or no longer). Not shown, it costs nothing. */
  show(shown) {
    this.#video.hidden = !shown;
    if (this.#copying) return; // the pictures are copied from it
    const wanted = shown ? this.#stream : null;
    if (this.#video.srcObject === wanted) return;
    this.#video.srcObject = wanted;
    if (wanted) this.#video.play().catch(() => {});
  }

  close() {
    this.#opening += 1;
    this.#pulse.postMessage({ type: "close" });
    closeCamera(this.#stream);
    this.#stream = null;
    this.#video.srcObject = null;
  }

  /** Look as soon as the camera gives a picture. */
  hurry() {
    this.#pulse.postMessage({ type: "next", in_s: 0, wake: true });
  }

  #lose(key, stream = this.#stream) {
    if (stream === null || stream !== this.#stream) return;
    if (key === "ended") this.close();
    this.#on.lost(key);
  }

  #hear(data) {
    if (data.type === "tick") this.#on.tick();
    else if (data.type === "please") this.#copy();
    else if (data.type === "picture") this.#look(data);
    else this.#lose(data.type);
  }

  async #copy() {
    if (!this.#stream) return;
    try {
      const bitmap = await createImageBitmap(this.#video);
      this.#pulse.postMessage({ type: "offer", bitmap }, [bitmap]);
    } catch {
      /* the camera is just starting: it is asked again */
    }
  }

  async #look({ bitmap, light, stirred }) {
    let next = { in_s: RETRY_S, wake: true };
    try {
      if (!this.#stream) {
        bitmap.close();
        return;
      }
      await this.ready;
      const pose = await this.#pose.look(bitmap, performance.now() / 1000);
      pose.bitmap.close();
      // The camera may have been closed meanwhile: what it saw last is not judged any more.
      if (this.#stream) next = (await this.#on.seen({ ...pose, light, stirred })) ?? next;
    } catch (error) {
      this.#on.failure(error);
    } finally {
      this.#pulse.postMessage({ type: "next", ...next });
    }
  }
}

/** The wished camera if it is there; otherwise whatever the browser finds. */
async function offered(deviceId) {
  if (!deviceId) return undefined;
  const found = await cameras().catch(() => []);
  return found.some((each) => each.deviceId === deviceId) ? deviceId : undefined;
}
