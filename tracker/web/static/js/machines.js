// The two workers of a live page as objects with promises: where bodies are found, and where movement is judged.

/** A worker that is asked questions by number; `ready` settles when it has started or could not. */
class Machine {
  #worker;
  #waiting = new Map();
  #next = 1;

  constructor(urls) {
    this.#worker = new Worker(urls.worker, { type: "module" });
    this.ready = new Promise((resolve, reject) => {
      const failAll = (message) => {
        const error = new Error(message);
        reject(error); // without effect once it is ready
        for (const question of this.#waiting.values()) question.reject(error);
        this.#waiting.clear();
      };
      this.#worker.onmessage = ({ data }) => {
        if (data.type === "ready") resolve(data);
        else if (data.type !== "failed") this.#take(data.id)?.resolve(data);
        else if (data.id) this.#take(data.id)?.reject(new Error(data.message));
        else failAll(data.message);
      };
      this.#worker.onerror = (event) => failAll(event.message || "worker");
    });
    this.ready.catch(() => {}); // reported where it is awaited
    this.tell({ type: "start", urls });
  }

  #take(id) {
    const question = this.#waiting.get(id);
    this.#waiting.delete(id);
    return question;
  }

  tell(message) {
    this.#worker.postMessage(message);
  }

  ask(message, transfer = []) {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ ...message, id }, transfer);
    });
  }

  close() {
    this.#worker.terminate();
  }
}

/** Finds bodies (MediaPipe): a picture and its time in seconds go in; landmarks and the same picture come out. */
export class PoseMachine extends Machine {
  look(bitmap, timeS) {
    return this.ask({ type: "frame", bitmap, time_s: timeS }, [bitmap]);
  }
}

/** Judges movement (the Python engine), one set at a time. Answers come in the order of the questions. */
export class EngineMachine extends Machine {
  /** `definition`: the document of an exercise that is not in the library, such as a clinic's own. */
  open(exercise, options, definition = null) {
    this.tell({ type: "open", exercise, options, definition });
  }

  see({ time_s: timeS, width, height, values, found }) {
    return this.ask({ type: "pose", time_s: timeS, width, height, values: found ? values : null });
  }

  /** The summary the set would have if it ended now. */
  async checkpoint() {
    return (await this.ask({ type: "checkpoint" })).summary;
  }

  async finish() {
    return (await this.ask({ type: "finish" })).summary;
  }

  /** Learn a definition from a recording (times, values, found, width, height): {learned} or {trouble: {key, …}}. */
  async learn(recording, name, repetitions) {
    return (await this.ask({ type: "learn", recording, name, repetitions })).result;
  }

  /** Read a document and count the last recording with it: {recount, figure} or {refused: {key, reason}}. */
  async recount(definition) {
    return (await this.ask({ type: "recount", definition })).result;
  }
}
