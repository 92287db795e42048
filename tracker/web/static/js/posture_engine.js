// The desk's part of the Python engine: one calibration and one watch at a time. Answers come in the order of the
// questions, so what is asked after a picture knows that picture.
import { EngineMachine } from "./machines.js";

export class DeskEngine extends EngineMachine {
  constructor(urls) {
    super({
      worker: urls.engine_worker,
      pyodide: new URL(urls.pyodide, location.href).href,
      folder: new URL(urls.pyodide_folder, location.href).href,
      engine: new URL(urls.engine, location.href).href,
    });
  }

  async #result(message) {
    return (await this.ask(message)).result;
  }

  /** Begin anew: "calibration" with (options), "watch" with (baselines, options). */
  begin(session, ...given) {
    return this.#result({ type: "desk_open", session, arguments: given });
  }

  /** One picture: {time_s, width, height, values, found, light}. Gives what the session says of it. */
  judge(session, { time_s: timeS, width, height, values, found, light }) {
    return this.#result({
      type: "desk_see", session, time_s: timeS, values: found ? values : null, width, height, light,
    });
  }

  /** Any other call of the session, by its name in Python. */
  call(session, name, ...given) {
    return this.#result({ type: "desk_ask", session, name, arguments: given });
  }
}
