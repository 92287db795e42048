// Watching one person at the desk: pictures in, verdicts out, minutes kept. Owns the rhythm: how often to look, when to
// close the camera because nobody is there, what to do after sleep or a changed clock. Knows nothing of the page.
import { add, isoOf, minuteOf, openBucket, wholeMinute } from "./posture_minutes.js";
import { flush, putMinute, sendWhileLeaving, waitingMinute } from "./posture_outbox.js";

const CHECKPOINT_MS = 5000;
const AWAY_CLOSES_S = 300; // nobody for so long: the camera is closed...
const PEEK_EVERY_S = 60; // ... and opened for a moment every so often
const PEEK_S = 4;
const AWAY_TOLD_EVERY_S = 10; // the engine counts a longer silence as nothing
const CAMERA_AGAIN_MS = 15000;
const SLEPT_MS = 30000; // no tick for so long: the computer slept, or the browser put the page to rest
const CLOCK_CHANGED_MS = 2000;
const EVERY_LOOK_S = 1;

const seconds = () => performance.now() / 1000;

export class Watching {
  #eyes;
  #engine;
  #on;
  #work = Promise.resolve();
  #bucket = null;
  #stored = null; // the last state of the running minute, for the moment the page goes away
  #carried;
  #mode = "off"; // off, on, paused, lost, resting (nobody there: the camera is closed), peeking
  #deviceId;
  #opening = null;
  #awaySince = null;
  #peekedAt = 0;
  #awayToldAt = 0;
  #triedAt = 0;
  #checkedAt = 0;
  #turn = 0; // counts starts and stops: whoever stops while the engine begins has the last word
  #last = null;

  /** `on`: verdict(verdict), mode(mode), minute() after one is complete, trouble(key | null), failure(error). */
  constructor(eyes, engine, on) {
    this.#eyes = eyes;
    this.#engine = engine;
    this.#on = on;
    navigator.mediaDevices?.addEventListener?.("devicechange", () => this.#tryCamera(true));
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.wake();
    });
    window.addEventListener("pagehide", () => this.#leave());
  }

  get mode() {
    return this.#mode;
  }

  get isOn() {
    return this.#mode !== "off";
  }

  /** Places whose calibration this version of the engine cannot read; they are left out. */
  unread = [];

  /** Begin with these calibrations; throws CameraError. */
  async start(baselines, options, deviceId) {
    if (!(await this.#begin(baselines, options, deviceId))) return;
    this.#become("on");
    try {
      await this.#openEyes();
    } catch (error) {
      if (error.key === "closed") return; // paused or stopped meanwhile
      this.#become("off");
      throw error;
    }
  }

  /** Begin paused: the camera stays off until `resume`. */
  async startPaused(baselines, options, deviceId) {
    if (await this.#begin(baselines, options, deviceId)) this.#become("paused");
  }

  async #begin(baselines, options, deviceId) {
    this.#turn += 1;
    const mine = this.#turn;
    this.#deviceId = deviceId;
    this.#last = { wall: Date.now(), calm: performance.now() };
    await this.#open(baselines, options);
    await this.#openBucket();
    return mine === this.#turn;
  }

  async pause() {
    if (!this.isOn || this.#mode === "paused") return;
    this.#become("paused");
    this.#eyes.close();
    await this.#keep();
  }

  async resume() {
    if (this.#mode !== "paused") return;
    this.#become("on"); // first of all: whoever pauses or stops while the engine answers has the last word
    await this.#tryCamera(true);
  }

  async stop() {
    this.#turn += 1;
    if (!this.isOn) return;
    this.#become("off");
    this.#eyes.close();
    await this.#keep();
    await flush({ force: true });
  }

  /** Look now: somebody has touched the page, or came back to it. */
  wake() {
    if (["resting", "lost"].includes(this.#mode)) this.#peek();
    else if (this.#mode === "on") this.#eyes.hurry();
  }

  /** The places have changed: what was counted is kept, and the engine begins anew. */
  async renew(baselines, options) {
    await this.#keep();
    await this.#open(baselines, options);
    this.#eyes.hurry();
  }

  async #open(baselines, options) {
    await this.#engine.begin("watch", baselines, options);
    this.unread = await this.#engine.call("watch", "unread");
  }

  setOptions(options) {
    return this.#engine.call("watch", "set_options", options);
  }

  /** Say nothing until an instant (milliseconds since 1970; null: say things again). */
  hush(untilMs) {
    const until = untilMs === null ? seconds() : seconds() + (untilMs - Date.now()) / 1000;
    return this.#engine.call("watch", "hush", until);
  }

  /** A break was taken: "stand", "shift", "exercise" or "said". */
  moved(by) {
    return this.#engine.call("watch", "moved", seconds(), by);
  }

  // -------------------------------------------------------------------------------------------- pictures

  /** One picture; gives when to look again. */
  async seen(picture) {
    if (!["on", "peeking"].includes(this.#mode)) return { in_s: EVERY_LOOK_S, wake: true };
    const timeS = seconds();
    const verdict = await this.#engine.judge("watch", { ...picture, time_s: timeS });
    await this.#roll();
    if (!["on", "peeking"].includes(this.#mode)) return { in_s: EVERY_LOOK_S, wake: true };
    this.#on.verdict(verdict);
    this.#presence(verdict, picture.found, timeS);
    const peeking = this.#mode === "peeking";
    return { in_s: peeking ? 0.5 : verdict.look_again_s, wake: true };
  }

  #presence(verdict, found, timeS) {
    if (this.#mode === "peeking") {
      if (found) this.#become("on");
      else if (timeS - this.#peekedAt > PEEK_S) this.#rest(timeS);
      return;
    }
    this.#awaySince = verdict.state === "away" ? (this.#awaySince ?? timeS) : null;
    if (this.#awaySince !== null && timeS - this.#awaySince > AWAY_CLOSES_S) this.#rest(timeS);
  }

  #rest(timeS) {
    this.#eyes.close();
    this.#awaySince = null;
    this.#peekedAt = timeS;
    this.#awayToldAt = timeS;
    this.#become("resting");
  }

  async #peek() {
    this.#peekedAt = seconds();
    const back = this.#mode === "lost" ? "on" : "peeking";
    this.#become(back);
    try {
      await this.#openEyes();
    } catch (error) {
      this.#lose(error.key ?? "other");
    }
  }

  /** One opening at a time: a camera that is being asked for makes browsers say that devices have changed. */
  #openEyes() {
    this.#opening ??= this.#openOnce().finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  async #openOnce() {
    await this.#eyes.open(this.#deviceId);
    this.#deviceId = this.#eyes.camera?.id ?? this.#deviceId;
    this.#on.trouble(null);
  }

  // -------------------------------------------------------------------------------------------- a camera that goes and comes

  /** The camera has stopped giving pictures: "ended" (unplugged, taken by another program) or "silent". */
  lost(key) {
    if (["on", "peeking"].includes(this.#mode)) this.#lose(key);
  }

  #lose(key) {
    if (key === "closed" || !this.isOn || this.#mode === "paused") return;
    this.#eyes.close();
    this.#triedAt = Date.now();
    this.#become("lost");
    this.#on.trouble(key);
  }

  async #tryCamera(now = false) {
    const wanted = this.#mode === "lost" || (this.#mode === "on" && !this.#eyes.isOpen);
    if (!wanted || this.#opening || (!now && Date.now() - this.#triedAt < CAMERA_AGAIN_MS)) return;
    this.#triedAt = Date.now();
    this.#become("on");
    await this.#engine.call("watch", "gap", seconds());
    if (this.#mode !== "on") return; // paused or stopped meanwhile
    try {
      await this.#openEyes();
    } catch (error) {
      this.#lose(error.key ?? "other");
    }
  }

  // -------------------------------------------------------------------------------------------- the pulse

  /** Every second, also in a hidden tab. */
  tick() {
    const now = { wall: Date.now(), calm: performance.now() };
    const before = this.#last ?? now;
    this.#last = now;
    if (!this.isOn) return;
    const wall = now.wall - before.wall;
    const calm = now.calm - before.calm;
    if (Math.max(wall, calm) > SLEPT_MS) this.#slept();
    else if (Math.abs(wall - calm) > CLOCK_CHANGED_MS) this.#keep();
    this.#roll();
    if (this.#mode === "resting") this.#whileNobodyIsThere();
    else if (this.#mode === "lost") this.#tryCamera();
    if (now.wall - this.#checkedAt > CHECKPOINT_MS && this.#mode !== "paused") {
      this.#checkedAt = now.wall;
      this.#keep();
    }
  }

  async #slept() {
    await this.#keep();
    if (this.isOn) await this.#engine.call("watch", "gap", seconds());
  }

  #whileNobodyIsThere() {
    const now = seconds();
    if (now - this.#awayToldAt > AWAY_TOLD_EVERY_S) {
      this.#awayToldAt = now;
      this.#engine.call("watch", "away", now).catch((error) => this.#on.failure(error));
    }
    if (now - this.#peekedAt > PEEK_EVERY_S) this.#peek();
  }

  // -------------------------------------------------------------------------------------------- minutes

  async #openBucket() {
    const minute = minuteOf(Date.now());
    this.#bucket = openBucket(minute, await waitingMinute(isoOf(minute)));
  }

  /** Write down what was counted so far; one after the other, because each asks the engine what is new. */
  #keep() {
    this.#work = this.#work.then(() => this.#count()).catch((error) => this.#on.failure(error));
    return this.#work;
  }

  /** Close the minute when the wall clock has come to another one. */
  #roll() {
    if (this.#bucket?.minute === minuteOf(Date.now())) return null;
    this.#work = this.#work.then(() => this.#next()).catch((error) => this.#on.failure(error));
    return this.#work;
  }

  async #count() {
    if (!this.#bucket) return null;
    add(this.#bucket, await this.#engine.call("watch", "take"));
    const { minute, left } = wholeMinute(this.#bucket, this.#carried);
    this.#stored = minute;
    if (minute) await putMinute(minute);
    return left;
  }

  async #next() {
    if (!this.#bucket || this.#bucket.minute === minuteOf(Date.now())) return;
    this.#carried = (await this.#count()) ?? undefined;
    await this.#openBucket();
    this.#stored = null;
    // Not awaited: a slow server must not hold up the next minute.
    flush().then(() => this.#on.minute());
  }

  #leave() {
    if (this.isOn && this.#stored) sendWhileLeaving([this.#stored]);
  }

  #become(mode) {
    if (this.#mode === mode) return;
    this.#mode = mode;
    this.#on.mode(mode);
  }
}
