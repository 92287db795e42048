// What the live page shows. One method per thing that can change; no decisions.
import { clockTime, number, pageData, text } from "./texts.js";

const CUE_STAYS_MS = 4500;
const FROST_EVERY_MS = 200;
const FROST_WIDTH = 28;
const engineTexts = pageData("engine-texts");

function part(id) {
  return document.getElementById(id);
}

/** A sentence of the engine's, by table and key; the table's own fallback for a key it does not have. */
export function engineText(table, key) {
  const sentences = engineTexts[table] ?? {};
  return sentences[key] ?? sentences._ ?? key;
}

/** "I can't see your left elbow." and "Step back a little." from a gate. */
export function gateSentences(gate) {
  const parts = new Intl.ListFormat(document.documentElement.lang || "en", { type: "conjunction" });
  const named = parts.format(gate.parts.map((name) => engineText("parts", name)));
  return {
    reason: engineText("gates", gate.reason).replace("{parts}", named || engineText("parts", "_")),
    remedy: engineText("remedies", gate.remedy),
  };
}

export class View {
  #cueTimer = 0;
  #frostTimer = 0;
  #drawings;

  constructor(assets) {
    this.root = part("live");
    this.#drawings = assets.remedies;
  }

  mode(name) {
    this.root.dataset.mode = name;
    for (const id of ["rest", "afterwards", "saved"]) part(id).hidden = id !== name;
    window.scrollTo(0, 0);
  }

  engineState(state) {
    if (this.root.dataset.engineState !== state) this.root.dataset.engineState = state;
  }

  /** For whoever measures the page: what each picture cost and led to. */
  report(detail) {
    this.root.dispatchEvent(new CustomEvent("feedback", { detail }));
  }

  source(name) {
    this.root.dataset.source = name;
    part("stage-empty").hidden = false;
  }

  flag(name, on) {
    this.root.classList.toggle(name, on);
  }

  picture(shown) {
    part("stage-empty").hidden = shown;
  }

  setLine(sentence) {
    part("set-line").textContent = sentence;
    part("setup-set-line").textContent = sentence;
  }

  check(name, state, sentence) {
    const item = part(`check-${name}`);
    item.dataset.state = state;
    item.querySelector(".words").textContent = sentence;
  }

  problem(sentence) {
    part("setup-problem").hidden = !sentence;
    part("setup-problem").textContent = sentence ?? "";
  }

  frameProblem(sentence) {
    part("frame-problem").hidden = !sentence;
    part("frame-problem").textContent = sentence ?? "";
  }

  startButton(enabled) {
    part("start").disabled = !enabled;
    part("start").textContent = enabled ? text("live.start") : text("live.wait");
  }

  count(value, of = "") {
    const shown = String(value);
    const element = part("count");
    if (element.textContent !== shown) {
      element.textContent = shown;
      element.dataset.digits = String(Math.min(3, shown.length));
    }
    part("count-of").textContent = of;
  }

  ring(share) {
    drawRing(part("ring"), share);
  }

  announceCount(sentence) {
    part("say-count").textContent = sentence;
  }

  /** The pill at the bottom. Stays a while, or until cleared. */
  cue(sentence, { praise = false, stays = CUE_STAYS_MS } = {}) {
    clearTimeout(this.#cueTimer);
    const element = part("cue");
    element.hidden = !sentence;
    element.textContent = sentence ?? "";
    element.classList.toggle("praise", praise);
    part("say-cue").textContent = sentence ?? "";
    if (sentence && stays) this.#cueTimer = setTimeout(() => this.cue(null), stays);
  }

  /** The frosted picture with what is missing and what to do; null takes it away. */
  frost(gate) {
    part("stage").classList.toggle("blind", Boolean(gate));
    this.flag("is-blind", Boolean(gate));
    part("frost").hidden = !gate;
    this.#frostGlass(Boolean(gate));
    if (!gate) return null;
    const { reason, remedy } = gateSentences(gate);
    part("frost-reason").textContent = reason;
    part("frost-remedy").textContent = remedy;
    part("drawing").setAttribute("href", `${this.#drawings}#${engineTexts.remedies?.[gate.remedy] ? gate.remedy : "other"}`);
    return { reason, remedy };
  }

  /**
   * The frosted glass: a few pixels of the picture, stretched. A blur filter over moving video would cost a device
   * without graphics hardware more than finding the body does, and so keep it from ever seeing again.
   */
  #frostGlass(on) {
    if (on === Boolean(this.#frostTimer)) return;
    clearInterval(this.#frostTimer);
    this.#frostTimer = 0;
    if (!on) return;
    const glass = part("glass");
    const video = part("video");
    const paint = () => {
      if (!video.videoWidth) return;
      glass.width = FROST_WIDTH;
      glass.height = Math.max(2, Math.round((FROST_WIDTH * video.videoHeight) / video.videoWidth));
      glass.getContext("2d").drawImage(video, 0, 0, glass.width, glass.height);
    };
    paint();
    this.#frostTimer = setInterval(paint, FROST_EVERY_MS);
  }

  getReady(value) {
    part("get-ready").hidden = value === null;
    if (value !== null) part("ready-number").textContent = String(value);
  }

  paused(on) {
    this.flag("is-paused", on);
    part("paused").hidden = !on;
    part("pause-label").textContent = on ? text("live.go_on") : text("live.pause");
    part("pause").setAttribute("aria-pressed", String(on));
    if (on) part("go-on").focus();
  }

  muted(on) {
    this.flag("is-muted", on);
    part("mute").setAttribute("aria-pressed", String(on));
  }

  fileProgress(share) {
    part("file-progress").hidden = share === null;
    if (share === null) return;
    const percent = Math.round(share * 100);
    part("file-bar").value = percent;
    part("file-line").textContent = text("live.file_reading", { percent: number(percent) });
  }

  rest(leftS, totalS) {
    part("rest-number").textContent = clockTime(leftS);
    drawRing(part("rest-ring"), totalS ? leftS / totalS : 0);
  }

  restWords(done, next) {
    part("rest-done").textContent = done;
    part("rest-next").textContent = text("live.rest_next", { set: next });
  }

  afterwards(done, { pain }) {
    part("afterwards-done").textContent = done;
    part("afterwards-pain").hidden = !pain;
    this.mode("afterwards");
    part("afterwards-title").focus();
  }

  saved(done) {
    part("saved-done").textContent = done;
    this.mode("saved");
    part("saved-title").focus();
  }
}

function drawRing(circle, share) {
  const filled = Math.max(0, Math.min(1, share)) * 100;
  circle.setAttribute("stroke-dasharray", `${filled} 100`);
  circle.setAttribute("visibility", filled > 0 ? "visible" : "hidden"); // a round end would show as a dot
  circle.classList.toggle("full", filled >= 100);
}

/** One sentence about a set, from its summary. */
export function saidOf(summary) {
  if (summary.kind !== "repetitions") {
    const seconds = Math.floor(summary.held_s);
    if (summary.kind === "timer" && summary.count > 1) {
      return text("live.did_timer", { n: number(summary.count), seconds: number(seconds) });
    }
    return seconds ? text("live.did_hold", { n: number(seconds) }) : text("live.did_nothing");
  }
  if (summary.partial) return text("live.did_partial", { n: number(summary.count), partial: number(summary.partial) });
  if (!summary.count) return text("live.did_nothing");
  return text(summary.count === 1 ? "live.did_repetitions_one" : "live.did_repetitions", { n: number(summary.count) });
}
