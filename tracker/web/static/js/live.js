// The live page: set-up, sets with rest between them, how it was, and on to the summary. Decides what happens when;
// showing is the view's, watching is Watching's, keeping is the record's.
import { cameraObstacle, cameras, closeCamera, openCamera, rememberCamera } from "./camera.js";
import { ManualSet } from "./live_manual.js";
import { Record } from "./live_record.js";
import { engineText, gateSentences, saidOf, View } from "./live_view.js";
import { Watching } from "./live_watching.js";
import { flush, isSent, startSending } from "./outbox.js";
import { Overlay } from "./overlay.js";
import { assets, pageData, text } from "./texts.js";
import { Voice } from "./voice.js";

const GET_READY_S = 3;
const PLACED_FOR_S = 0.8;
const CHECKPOINT_MS = 5000;
const LAST_LOOK_MS = 1400;
const REMEDY_AGAIN_MS = 7000;
const SEND_WITHIN_MS = 6000;
const MODEL_KEY = "rhomboid.model";

const config = pageData("live-config");
const by = (id) => document.getElementById(id);
const view = new View(assets);
const voice = new Voice(document.documentElement.lang || "en");
const video = by("video");
const overlay = new Overlay(by("overlay"), video);
const sets = config.sets;
const isHeld = config.exercise.kind !== "repetitions";
const isTimer = config.exercise.kind === "timer"; // it gives the time to get into place itself

let source = config.consents.camera && config.exercise.views.length ? config.source : "manual";
let record = null;
let watching = null;
let stream = null;
let index = 0; // which of `sets`
let manual = null;
let phase = "setup"; // setup, placing, ready, active, closing, rest, over
let paused = false;
let placedSince = null;
let countdown = 0;
let checkpoints = 0;
let restTimer = 0;
let lastRemedy = { reason: null, at: 0 };
let wakeLock = null;
let restTicked = null;
let lastSummary = null;
let ownRange = config.options?.personal_range ?? null;

// ---------------------------------------------------------------------------------------------- set-up

function setWords(set) {
  const side = set.side !== "both" ? engineText("sides", set.side) : "";
  const which =
    set.number > config.prescription.sets
      ? text("live.extra_set")
      : text("live.set", { number: set.number, total: config.prescription.sets });
  return side ? `${which} · ${side}` : which;
}

function engineOptions(set) {
  return {
    side: set.side === "both" ? null : set.side,
    target: config.prescription.reps ?? null,
    hold_target_s: config.prescription.hold_s ?? null,
    personal_range: ownRange,
    // Only while there is no range of one's own: afterwards it is the goal already.
    find_range: ownRange === null && (document.getElementById("find-range")?.checked ?? false),
  };
}

function modelName() {
  try {
    return localStorage.getItem(MODEL_KEY) === "full" ? "full" : "lite";
  } catch {
    return "lite";
  }
}

function startMachines() {
  if (watching) return;
  watching = new Watching(video, assets, { feedback: onFeedback, failure: onFailure });
  watching.definition = config.exercise.document;
  if (modelName() === "full") watching.useModel("full");
  awaitMachines();
}

async function awaitMachines() {
  view.check("engine", "wait", text("live.coach_wait"));
  const waited = watching.poseReady;
  try {
    await watching.ready;
    if (waited !== watching.poseReady) return; // another model was chosen meanwhile
    view.check("engine", "ok", text("live.coach_ready"));
    watching.isReady = true;
  } catch {
    view.check("engine", "problem", text("live.coach_failed"));
    watching.failed = true;
  }
  offerStart();
  beginWhenReady();
}

function offerStart() {
  const camera = source !== "camera" || (stream !== null && watching?.isReady);
  const file = source !== "file" || (video.src !== "" && watching?.isReady);
  view.startButton(camera && file);
}

async function useCamera(deviceId) {
  view.problem(null);
  overlay.clear();
  by("camera-again").hidden = true;
  view.check("camera", "wait", text("live.camera_wait"));
  closeCamera(stream);
  stream = null;
  try {
    stream = await openCamera(deviceId);
  } catch (error) {
    cameraTrouble(error.key ?? "other");
    return;
  }
  for (const track of stream.getVideoTracks()) track.addEventListener("ended", onCameraLost);
  video.removeAttribute("src");
  video.srcObject = stream;
  await video.play().catch(() => {});
  view.picture(true);
  view.check("camera", "ok", text("live.camera_on"));
  listCameras();
  beginWhenReady();
  offerStart();
}

function cameraTrouble(key) {
  const sentence = text(`live.camera_${key}`);
  view.check("camera", "problem", sentence);
  view.problem(sentence);
  view.picture(false);
  by("camera-again").hidden = ["insecure", "unsupported"].includes(key);
  view.startButton(false);
}

async function listCameras() {
  const found = await cameras();
  const select = by("device");
  by("device-field").hidden = found.length < 2;
  const current = stream?.getVideoTracks()[0]?.getSettings().deviceId;
  select.replaceChildren(
    ...found.map((device, n) => new Option(device.label || `${n + 1}`, device.deviceId, false, device.deviceId === current)),
  );
}

/** Framing check: the engine looks, nothing is counted. */
function beginWhenReady() {
  if (phase !== "setup" || !watching?.isReady) return;
  if (source === "camera" && stream) {
    watching.openSet(config.exercise.id, engineOptions(sets[index]));
    watching.watchCamera();
  }
}

function useSource(name) {
  source = name;
  view.source(name);
  view.problem(null);
  overlay.mirrored = name === "camera";
  overlay.clear();
  by("setup-title").textContent = name === "camera" ? by("setup-title").dataset.camera : text(`live.${name}_title`);
  by("setup-advice").textContent =
    name === "camera" ? by("setup-advice").dataset.camera
    : name === "file" ? text("live.file_wait")
    : text({ timer: "live.timer_advice", hold: "live.manual_hold_advice" }[config.exercise.kind] ?? "live.manual_advice");
  by("without-camera").hidden = name === "manual";
  by("camera-again").hidden = name === "camera" || !config.consents.camera || !config.exercise.views.length || cameraObstacle() !== null;
  by("file-label").hidden = !config.consents.camera || !config.exercise.views.length;
  by("file").hidden = by("file-label").hidden;
  if (name !== "camera") {
    closeCamera(stream);
    stream = null;
    video.srcObject = null;
  }
  if (name !== "manual") startMachines();
  if (name === "camera") useCamera();
  offerStart();
}

function useFile(file) {
  if (!file) return;
  useSource("file");
  if (video.src) URL.revokeObjectURL(video.src);
  video.src = URL.createObjectURL(file);
  video.onerror = () => {
    view.problem(text("live.file_failed"));
    video.removeAttribute("src");
    offerStart();
  };
  view.picture(true);
  offerStart();
}

// ---------------------------------------------------------------------------------------------- a set

function begin() {
  voice.wake();
  record ??= new Record({ ...config, source });
  record.source = source;
  keepAwake();
  view.flag("is-held", isHeld);
  if (source === "file") {
    runFile();
    return;
  }
  place();
}

/** Wait until the person is where the camera sees them, then count down. */
function place() {
  phase = "placing";
  placedSince = null;
  view.setLine(setWords(sets[index]));
  view.mode("placing");
  view.cue(null);
  if (source === "manual") {
    if (isTimer) openSet();
    else countDown();
    return;
  }
  watching.openSet(config.exercise.id, engineOptions(sets[index]));
}

function countDown() {
  phase = "ready";
  view.frost(null);
  let left = GET_READY_S;
  const step = () => {
    if (paused) return;
    if (left === 0) {
      stopCountDown();
      openSet();
      return;
    }
    view.getReady(left);
    if (left === GET_READY_S) voice.say(text("live.ready"), { now: true });
    voice.tone("tick");
    left -= 1;
  };
  step();
  countdown = setInterval(step, 1000);
}

function stopCountDown() {
  clearInterval(countdown);
  countdown = 0;
  view.getReady(null);
}

function openSet() {
  const set = sets[index];
  phase = "active";
  record.openSet(set);
  view.mode("active");
  view.ring(0);
  if (!isTimer) {
    voice.tone("go");
    voice.say(text("live.begin"));
  }
  if (source === "manual") {
    manual = new ManualSet(view, voice, config, { side: set.side, pace: paceOfFigure(), onChange: (now) => record.checkpoint(now), onDone: endSoon });
    return;
  }
  showCount({ count: 0, hold: null });
  watching.openSet(config.exercise.id, engineOptions(set), { keepTrack: config.consents.landmarks });
  checkpoints = setInterval(checkpoint, CHECKPOINT_MS);
}

function paceOfFigure() {
  return by("stage-figure").seconds ?? null;
}

async function runFile() {
  view.setLine(setWords(sets[index]));
  phase = "active";
  record.openSet(sets[index]);
  view.mode("active");
  showCount({ count: 0, hold: null });
  watching.openSet(config.exercise.id, engineOptions({ ...sets[index] }), { keepTrack: config.consents.landmarks });
  checkpoints = setInterval(checkpoint, CHECKPOINT_MS);
  view.fileProgress(0);
  try {
    await watching.watchFile();
  } catch {
    view.frameProblem(text("live.file_failed"));
  }
  view.fileProgress(null);
  if (phase === "active") await closeSet("finished");
}

function checkpoint() {
  if (phase !== "active" || paused || source === "manual") return;
  watching.checkpoint().then((summary) => record.checkpoint(summary)).catch(() => {});
}

function showCount(feedback) {
  const { reps, hold_s: holdS } = config.prescription;
  if (!isHeld) {
    view.count(feedback.count, reps ? text("live.of", { target: reps }) : "");
    return;
  }
  const held = feedback.hold?.held_s ?? 0;
  const target = feedback.hold?.target_s ?? holdS ?? 0;
  view.count(Math.floor(held), target ? text("live.of_seconds", { target }) : text("live.seconds"));
  view.ring(target ? held / target : 0);
}

function onFeedback(feedback, pose, engineMs) {
  view.engineState(phase === "active" ? feedback.state : "");
  view.report({ phase, feedback, pose_ms: pose.took_ms, engine_ms: engineMs });
  if (phase === "setup") showFraming(feedback, pose);
  else if (phase === "placing") waitForPlace(feedback, pose);
  else if (phase === "active") coach(feedback, pose);
  else overlay.draw(pose, null);
}

function showFraming(feedback, pose) {
  overlay.draw(pose, null);
  if (feedback.can_tell) view.check("body", pose.found ? "ok" : "wait", text(pose.found ? "live.body_ok" : "live.body_wait"));
  else {
    const { reason, remedy } = gateSentences(feedback.gate);
    view.check("body", "problem", `${reason} ${remedy}`);
  }
}

function waitForPlace(feedback, pose) {
  overlay.draw(pose, null);
  if (!feedback.can_tell) {
    placedSince = null;
    blind(feedback.gate);
    return;
  }
  view.frost(null);
  if (!pose.found) {
    placedSince = null;
    return;
  }
  placedSince ??= feedback.time_s;
  if (feedback.time_s - placedSince >= PLACED_FOR_S) countDown();
}

/** The frosted picture; the remedy is said once, and again when it lasts. A file cannot act, so it gets no frost. */
function blind(gate) {
  if (source === "file") {
    if (lastRemedy.reason !== gate.reason) view.cue(gateSentences(gate).reason, { stays: 0 });
    lastRemedy = { reason: gate.reason, at: performance.now() };
    return;
  }
  const { reason, remedy } = view.frost(gate);
  const now = performance.now();
  if (lastRemedy.reason === gate.reason && now - lastRemedy.at < REMEDY_AGAIN_MS) return;
  lastRemedy = { reason: gate.reason, at: now };
  by("say-cue").textContent = `${reason} ${remedy}`;
  voice.say(remedy);
}

function coach(feedback, pose) {
  overlay.draw(pose, feedback);
  if (feedback.can_tell) {
    if (lastRemedy.reason) {
      lastRemedy = { reason: null, at: 0 };
      view.frost(null);
      if (source === "file") view.cue(null);
    }
  } else blind(feedback.gate);
  showCount(feedback);
  if (feedback.event) onEvent(feedback.event, feedback);
  if (feedback.cue) {
    const sentence = engineText("cues", feedback.cue);
    view.cue(sentence);
    if (source !== "file") voice.say(sentence);
  }
  if (source === "file" && video.duration) view.fileProgress(video.currentTime / video.duration);
  // A file is looked at to its end, whatever the prescription says; a person stops at their number.
  if (feedback.state === "done" && source !== "file") endSoon();
}

function onEvent(event, feedback) {
  const aloud = source !== "file";
  if (event.kind === "hold_complete") {
    view.announceCount(text("live.hold_done"));
    if (aloud) {
      voice.tone("done");
      voice.say(text("live.hold_done"), { now: true });
    }
  } else if (!isHeld && ["repetition", "done"].includes(event.kind)) {
    view.announceCount(String(feedback.count));
    if (aloud) voice.say(String(feedback.count), { now: true });
  }
  checkpoint();
}

function endSoon() {
  if (phase !== "active") return;
  phase = "closing";
  voice.tone("done");
  setTimeout(() => closeSet("finished"), LAST_LOOK_MS);
}

/** The set is over; `reason` is used when it was the last. `stop`: no further set, whatever the plan says. */
async function closeSet(reason, { stop = false } = {}) {
  if (phase === "over") return;
  phase = "closing";
  clearInterval(checkpoints);
  setPaused(false);
  view.cue(null);
  view.frost(null);
  lastRemedy = { reason: null, at: 0 };
  const { summary, track } = await finishedSet();
  lastSummary = summary;
  ownRange = summary?.personal_range ?? ownRange;
  if (summary) await record.closeSet(summary, track);
  index += 1;
  if (stop || index >= sets.length || source === "file") await finish(reason);
  else rest();
}

async function finishedSet() {
  if (manual) {
    const summary = manual.summary();
    manual.close();
    manual = null;
    return { summary, track: null };
  }
  try {
    return await watching.finishSet();
  } catch {
    view.frameProblem(text("live.coach_stopped"));
    return { summary: null, track: null };
  }
}

function rest() {
  const seconds = config.prescription.rest_s || 0;
  if (seconds <= 0) {
    place();
    return;
  }
  phase = "rest";
  overlay.clear();
  view.restWords(lastSummary ? saidOf(lastSummary) : "", setWords(sets[index]));
  view.mode("rest");
  view.rest(seconds, seconds);
  voice.say(text("live.rest"));
  by("rest-skip").focus();
  const until = performance.now() + seconds * 1000;
  restTicked = null;
  clearInterval(restTimer);
  restTimer = setInterval(() => {
    const left = (until - performance.now()) / 1000;
    view.rest(Math.max(0, left), seconds);
    const whole = Math.ceil(left);
    if (left > 0 && whole <= 3 && whole !== restTicked) {
      restTicked = whole;
      voice.tone("tick");
    }
    if (left <= 0) endRest();
  }, 200);
}

function endRest() {
  clearInterval(restTimer);
  if (phase === "rest") place();
}

async function finish(reason) {
  phase = "over";
  clearInterval(restTimer);
  stopCountDown();
  watching?.stopWatching();
  closeCamera(stream);
  stream = null;
  video.srcObject = null;
  voice.quiet();
  letSleep();
  await record.end(reason);
  view.afterwards(saidOfAll(), { pain: reason === "pain" });
}

function saidOfAll() {
  const summaries = record.sets.map((set) => set.summary);
  if (!summaries.length) return text("live.did_nothing");
  return saidOf({
    kind: summaries[0].kind,
    count: summaries.reduce((sum, each) => sum + each.count, 0),
    partial: summaries.reduce((sum, each) => sum + each.partial, 0),
    held_s: summaries.reduce((sum, each) => sum + each.held_s, 0),
  });
}

async function complete(answers) {
  by("afterwards-save").disabled = true;
  by("afterwards-skip").disabled = true;
  const anything = await record.complete(answers);
  if (!anything) {
    location.assign(config.urls.today);
    return;
  }
  await Promise.race([flush(), new Promise((resolve) => setTimeout(resolve, SEND_WITHIN_MS))]);
  if (await isSent(record.id)) location.assign(config.urls.summary.replace("__id__", record.id));
  else view.saved(saidOfAll());
}

// ---------------------------------------------------------------------------------------------- pause, stop, mute

function setPaused(on) {
  if (paused === on) return;
  paused = on;
  view.paused(on);
  manual?.pause(on);
  if (on) {
    voice.quiet();
    watching?.pause();
  } else watching?.resume();
}

function togglePause() {
  if (["active", "ready", "placing"].includes(phase)) setPaused(!paused);
}

function askToStop() {
  if (phase === "setup") {
    location.assign(config.urls.exercise);
    return;
  }
  if (!["active", "ready", "placing", "rest"].includes(phase) || by("sheet").open) return;
  if (phase !== "rest") {
    setPaused(true);
    by("paused").hidden = true;
  }
  by("sheet-set-done").hidden = phase !== "active";
  by("sheet").showModal();
}

function closeSheet() {
  if (by("sheet").open) by("sheet").close();
}

async function stopFor(reason) {
  closeSheet();
  setPaused(false);
  if (phase === "active") await closeSet(reason, { stop: true });
  else await finish(reason);
}

function mute() {
  view.muted(voice.toggle());
}

function onCameraLost() {
  if (phase === "over" || source !== "camera") return;
  stream = null;
  if (phase === "setup") cameraTrouble("lost");
  else view.frameProblem(text("live.camera_lost"));
}

function onFailure() {
  overlay.clear();
  if (phase === "setup") view.check("engine", "problem", text("live.coach_failed"));
  else view.frameProblem(text("live.coach_stopped"));
}

async function keepAwake() {
  try {
    wakeLock = await navigator.wakeLock?.request("screen");
  } catch {
    wakeLock = null; // the screen may go dark; nothing else changes
  }
}

function letSleep() {
  wakeLock?.release().catch(() => {});
  wakeLock = null;
}

// ---------------------------------------------------------------------------------------------- wiring

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || by("sheet").open) return;
  const typing = event.target.closest("input, select, textarea, summary");
  const onButton = event.target.closest("button, a");
  if (event.key === "Escape" && !typing) askToStop();
  else if (phase === "setup" || phase === "over") return;
  else if (event.key === " " && !typing && !(onButton && manual)) togglePause();
  else if (event.key.toLowerCase() === "m" && !typing) mute();
  else if (event.key === "+" && manual?.counts) manual.add(1);
  else return;
  event.preventDefault();
}

function wire() {
  const click = (id, work) => by(id).addEventListener("click", work);
  click("start", begin);
  click("pause", togglePause);
  click("go-on", () => setPaused(false));
  click("stop", askToStop);
  click("mute", mute);
  click("plus", () => manual?.add(1));
  click("minus", () => manual?.add(-1));
  click("hold-start", () => manual?.toggleHold());
  click("set-done", () => closeSet("finished"));
  click("rest-skip", endRest);
  click("rest-stop", askToStop);
  click("without-camera", () => useSource("manual"));
  click("camera-again", () => useSource("camera"));
  click("sheet-go-on", closeSheet);
  click("sheet-set-done", () => {
    closeSheet();
    closeSet("finished");
  });
  by("sheet").addEventListener("close", () => {
    if (["active", "ready", "placing"].includes(phase)) setPaused(false);
  });
  for (const button of by("sheet").querySelectorAll("[data-reason]")) {
    button.addEventListener("click", () => stopFor(button.dataset.reason));
  }
  by("file").addEventListener("change", (event) => useFile(event.target.files[0]));
  by("device").addEventListener("change", (event) => {
    rememberCamera(event.target.value);
    useCamera(event.target.value);
  });
  by("model").value = modelName();
  by("model").addEventListener("change", (event) => chooseModel(event.target.value));
  by("afterwards-form").addEventListener("change", (event) => {
    // Above 5 is the red zone of the pain-monitoring model: the advice must not wait for the summary.
    if (event.target.name === "pain_during" && Number(event.target.value) > 5) by("afterwards-pain").hidden = false;
  });
  by("afterwards-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = new FormData(event.target);
    const value = (name) => (chosen.has(name) ? Number(chosen.get(name)) : null);
    const skipped = event.submitter?.id === "afterwards-skip";
    complete(skipped ? {} : { pain_during: value("pain_during"), effort: value("effort") });
  });
  document.addEventListener("keydown", onKey);
  document.addEventListener("visibilitychange", onVisibility);
  window.addEventListener("pagehide", checkpoint);
  window.addEventListener("beforeunload", (event) => {
    if (phase === "active") event.preventDefault();
  });
}

function chooseModel(name) {
  try {
    localStorage.setItem(MODEL_KEY, name);
  } catch {
    /* for this page only */
  }
  if (!watching) return;
  watching.stopWatching();
  watching.isReady = false;
  watching.useModel(name);
  offerStart();
  awaitMachines();
}

function onVisibility() {
  if (document.visibilityState === "hidden") {
    checkpoint();
    if (phase === "active" && source === "camera") setPaused(true);
  } else if (["placing", "ready", "active", "rest"].includes(phase)) keepAwake();
}

by("setup-title").dataset.camera = by("setup-title").textContent;
by("setup-advice").dataset.camera = by("setup-advice").textContent;
by("hold-start").hidden = !isHeld;
by("plus").hidden = isHeld;
by("minus").hidden = isHeld;
view.setLine(setWords(sets[index]));
view.muted(voice.muted);
wire();
useSource(source);
if (source === "file") {
  by("file-label").focus();
  useFile(by("file").files[0]); // chosen before this script was there
}
startSending();
