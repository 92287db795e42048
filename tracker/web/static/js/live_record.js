// The record of one session on this device: the document that is sent, written to the outbox at every step.
import { newId } from "./ids.js";
import { dropSession, flush, holdSession, putCheckpoint, putSession } from "./outbox.js";

export class Record {
  #document;
  #set = null;
  #ids = [];
  #writing = Promise.resolve();
  #newest = null; // checkpoint; an older one that still waits for the disk need not be written

  constructor(config) {
    this.#document = {
      id: newId(),
      prescription_id: config.prescription.id,
      exercise: config.exercise.id,
      started_at: new Date().toISOString(),
      ended_at: null,
      source: config.source,
      sets: [],
      stop_reason: null,
      pain_before: config.pain_before ?? null, // from the check before the session
      pain_during: null,
      effort: null,
      note: null,
    };
    holdSession(this.#document.id);
  }

  get id() {
    return this.#document.id;
  }

  get sets() {
    return this.#document.sets;
  }

  set source(value) {
    if (this.#document.sets.length === 0) this.#document.source = value;
  }

  openSet({ number, side }) {
    this.#set = { id: newId(), number, side, started_at: new Date().toISOString() };
    this.#ids = [];
  }

  #asSet(summary, track = null) {
    while (this.#ids.length < summary.repetitions.length) this.#ids.push(newId());
    return { ...this.#set, summary, track, repetition_ids: this.#ids.slice(0, summary.repetitions.length) };
  }

  /** Writes are done one after the other: a late checkpoint must not follow the set it belongs to. */
  #write(work) {
    this.#writing = this.#writing.then(work).catch(() => {});
    return this.#writing;
  }

  checkpoint(summary) {
    const set = this.#set;
    if (!set || !worthKeeping(summary)) return;
    const entry = this.#asSet(summary);
    this.#newest = entry;
    this.#write(() => (this.#set === set && this.#newest === entry ? putCheckpoint(this.id, { ...this.#document }, entry) : undefined));
  }

  /** Keep the finished set, and send it. Gives false when there was nothing to keep. */
  async closeSet(summary, track) {
    const set = this.#asSet(summary, track);
    this.#set = null;
    if (!worthKeeping(summary)) {
      // A checkpoint may have been written; the session as it stands replaces it.
      if (this.#document.sets.length) await this.#write(() => putSession({ ...this.#document }));
      else await this.#write(() => dropSession(this.id));
      return false;
    }
    this.#document.sets = [...this.#document.sets, set];
    await this.#write(() => putSession({ ...this.#document }));
    flush();
    return true;
  }

  /** No more sets: when it ended and why. */
  async end(reason) {
    this.#document.ended_at = new Date().toISOString();
    this.#document.stop_reason = reason;
    if (this.#isEmpty()) return;
    await this.#write(() => putSession({ ...this.#document }));
    flush();
  }

  /** How it was; the session is complete. Gives false when there is nothing worth sending. */
  async complete({ pain_during = null, effort = null }) {
    Object.assign(this.#document, { pain_during, effort });
    if (this.#isEmpty() && pain_during === null && effort === null) {
      await this.#write(() => dropSession(this.id));
      return false;
    }
    await this.#write(() => putSession({ ...this.#document }, { ended: true }));
    return true;
  }

  /** Somebody who stopped at once because it hurt has told something worth sending, even without a set. */
  #isEmpty() {
    return this.#document.sets.length === 0 && ["finished", null].includes(this.#document.stop_reason);
  }
}

function worthKeeping(summary) {
  return summary.count > 0 || summary.held_s >= 1 || summary.repetitions.length > 0 || summary.holds.length > 0;
}
