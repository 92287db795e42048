// What is said at the desk: a hint, a break that is offered, a place that should be set up again. On the page; and as a
// notice of the browser when the page is not looked at and the person wants that. A notice may stand on a screen that
// others see: it never says more than "time to move".
import { newId } from "./ids.js";
import { setText } from "./posture_calibration.js";
import { flush, putBreak } from "./posture_outbox.js";
import { worker } from "./push.js";
import { text } from "./texts.js";

const by = (id) => document.getElementById(id);
const SOMEWHERE = "00000000-0000-0000-0000-000000000000";
const OPEN_FOR_MS = 15 * 60 * 1000;
const SAID_FOR_MS = 2 * 60 * 1000;
const TOLD = "rhomboid.desk.told";
const HOUR_MS = 60 * 60 * 1000;
const BREAKS = ["still", "clock"];
const TAG = "rhomboid-desk";

export class Notices {
  #said;
  #urls;
  #on;
  #open = null; // the break that is offered
  #saidAt = 0;

  /** `on`: moved(by), snooze(), again(). */
  constructor(said, urls, on) {
    this.#said = said;
    this.#urls = urls;
    this.#on = on;
    by("break-not-now").addEventListener("click", () => this.#answer("not_now"));
    by("break-take").addEventListener("click", () => this.#take());
    by("break-snooze").addEventListener("click", () => this.#snooze());
    by("said-close").addEventListener("click", () => this.#say(""));
    by("said-again").addEventListener("click", () => this.#on.again());
    by("notify").addEventListener("click", () => this.#askPermission());
    this.drawPermission();
  }

  /** Seconds ago at which something was told in the last hour, also before the page was loaded again. */
  get toldAgo() {
    return told().map((at) => (Date.now() - at) / 1000);
  }

  /** A verdict: perhaps it brings a notice, perhaps it answers an offer. */
  verdict({ notice, credit, state }) {
    if (notice) this.#tell(notice);
    if (credit && this.#open) this.#answer("taken", credit);
    if (state === "comfort" && Date.now() - this.#saidAt > SAID_FOR_MS / 4) this.#fade("slouch");
  }

  tick() {
    if (this.#open && Date.now() - this.#open.at > OPEN_FOR_MS) this.#answer("passed");
    if (this.#saidAt && Date.now() - this.#saidAt > SAID_FOR_MS) this.#fade("slouch");
  }

  #tell({ key, reason }) {
    remember();
    if (BREAKS.includes(key)) this.#offer(key);
    else this.#say(key === "recalibrate" ? (this.#said.recalibrate[reason] ?? this.#said.notices[key]) : this.#said.notices[key], key);
    this.#notify(key);
  }

  // -------------------------------------------------------------------------------------------- a break

  #offer(cause) {
    if (this.#open) this.#answer("passed");
    const now = Date.now();
    this.#open = { id: newId(), cause, at: now };
    by("break-take").href = this.#urls.break.replace(SOMEWHERE, this.#open.id);
    by("offer").hidden = false;
    setText(by("announce"), `${this.#said.notices[cause]} ${text("desk.break_ways")}`);
    this.#keep(null);
  }

  #take() {
    this.#on.moved("said");
    // What becomes of it is told by the page that opens.
    this.#close();
  }

  #snooze() {
    this.#answer("not_now");
    this.#on.snooze();
  }

  #answer(outcome, credit = null) {
    if (!this.#open) return;
    this.#keep(outcome, credit);
    if (outcome === "taken") this.#say(text("desk.break_credited"), "credit");
    if (outcome === "not_now") setText(by("announce"), text("desk.break_later"));
    this.#close();
  }

  #close() {
    this.#open = null;
    // Whoever stood on a button of it should not find themselves at the top of the page.
    if (by("offer").contains(document.activeElement)) by("state").focus();
    by("offer").hidden = true;
  }

  async #keep(outcome, credit = null) {
    const { id, cause, at } = this.#open;
    await putBreak({
      id, cause, offered_at: new Date(at).toISOString(), outcome, credited_by: credit,
      ended_at: outcome === "taken" ? new Date().toISOString() : null,
    });
    flush({ force: true });
  }

  // -------------------------------------------------------------------------------------------- a sentence

  #say(sentence, kind = "") {
    by("said").hidden = !sentence;
    by("said").dataset.kind = kind;
    by("said-again").hidden = kind !== "recalibrate";
    setText(by("said-words"), sentence);
    this.#saidAt = sentence ? Date.now() : 0;
  }

  #fade(kind) {
    if ([kind, "credit"].includes(by("said").dataset.kind)) this.#say("");
  }

  // -------------------------------------------------------------------------------------------- beside the page

  async #notify(key) {
    if (document.visibilityState === "visible" || !("Notification" in window) || Notification.permission !== "granted") return;
    const body = BREAKS.includes(key) ? text("desk.notice_move") : text("desk.notice_look");
    const options = { body, tag: TAG, icon: this.#urls.icon, data: { url: this.#urls.watch } };
    try {
      const registration = await worker();
      if (registration) await registration.showNotification(text("desk.notice_title"), options);
      else new Notification(text("desk.notice_title"), options).addEventListener("click", () => window.focus());
    } catch {
      /* the page says it as well */
    }
  }

  async #askPermission() {
    await Notification.requestPermission();
    this.drawPermission();
    if (by("notify").hidden) by("notify-said").focus();
  }

  /** A button only where it can still be asked; a sentence where it has been decided. */
  drawPermission() {
    const permission = "Notification" in window && window.isSecureContext ? Notification.permission : "unsupported";
    by("notify").hidden = permission !== "default";
    setText(by("notify-said"), permission === "default" ? "" : text(`desk.notify_${permission}`));
  }
}

function told() {
  try {
    const kept = JSON.parse(localStorage.getItem(TOLD) ?? "[]");
    return kept.filter((at) => typeof at === "number" && at <= Date.now() && Date.now() - at < HOUR_MS);
  } catch {
    return [];
  }
}

function remember() {
  try {
    localStorage.setItem(TOLD, JSON.stringify([...told(), Date.now()]));
  } catch {
    /* the engine still counts within this page */
  }
}
