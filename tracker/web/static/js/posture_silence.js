// Pause, snooze, quiet mode: what was said here, kept on the server, and sent later where there is no connection.
import { flush, putState, waitingState } from "./posture_outbox.js";

const KNOWN = ["snoozed_until", "paused_until", "quiet"];
const LONGEST_MS = 24 * 60 * 60 * 1000 - 60000; // the server ends every silence after a day

export class Silence {
  #state = { snoozed_until: null, paused_until: null, quiet: false };
  #quietHoursUntil = null;
  #on;

  /** `on(state)` whenever something has changed. */
  constructor(on) {
    this.#on = on;
  }

  /** What the server says; what it has not heard yet counts more. */
  async know(settings) {
    const waiting = await waitingState();
    this.#quietHoursUntil = settings.quiet_hours_until ?? null;
    const said = Object.fromEntries(KNOWN.map((key) => [key, settings[key] ?? null]));
    this.#change({ ...said, quiet: said.quiet === true, ...waiting });
  }

  get quiet() {
    return this.#state.quiet;
  }

  /** Instants in milliseconds since 1970; null when it is over. */
  get snoozedUntil() {
    return later(this.#state.snoozed_until);
  }

  /** The same, or the end of the quiet hours: until then nothing is said. */
  get silentUntil() {
    return Math.max(this.snoozedUntil ?? 0, later(this.#quietHoursUntil) ?? 0) || null;
  }

  get pausedUntil() {
    return later(this.#state.paused_until);
  }

  snooze(forMs) {
    return this.#say({ snoozed_until: until(forMs) });
  }

  /** `forMs` null: until the person goes on (at most a day). */
  pause(forMs) {
    return this.#say({ paused_until: until(forMs ?? LONGEST_MS) });
  }

  goOn() {
    return this.#say({ paused_until: null });
  }

  wakeUp() {
    return this.#say({ snoozed_until: null });
  }

  setQuiet(quiet) {
    return this.#say({ quiet });
  }

  async #say(wanted) {
    this.#change({ ...this.#state, ...wanted });
    await putState(wanted);
    flush({ force: true });
  }

  #change(state) {
    this.#state = state;
    this.#on(this);
  }
}

function until(forMs) {
  return new Date(Date.now() + Math.min(forMs, LONGEST_MS)).toISOString();
}

function later(instant) {
  const at = instant ? Date.parse(instant) : 0;
  return at > Date.now() ? at : null;
}
