// The page on which the browser watches: before, a calibration, its result, watching. Decides what happens when; eyes,
// engine, calibration, places, watching, silence and notices each do their own part.
import { cameraObstacle, cameras, rememberCamera } from "./camera.js";
import { Calibration, drawZone, setText } from "./posture_calibration.js";
import { DeskEngine } from "./posture_engine.js";
import { Eyes } from "./posture_eyes.js";
import { Notices } from "./posture_notices.js";
import { flush, onOutcome, useUrls, watcherId } from "./posture_outbox.js";
import { Places } from "./posture_places.js";
import { Silence } from "./posture_silence.js";
import { clockOf, View } from "./posture_view.js";
import { Watching } from "./posture_watching.js";
import { person } from "./outbox.js";
import { assets, pageData, text } from "./texts.js";
import { Voice } from "./voice.js";

const STATE_EVERY_MS = 2 * 60 * 1000;
const MINUTE_MS = 60 * 1000;
const HOUR_MS = 60 * MINUTE_MS;
// For whom this tab was watching: after a reload, or when the browser had put it away, it goes on.
const GOES_ON = "rhomboid.desk.on";

const by = (id) => document.getElementById(id);
const root = by("desk");
const video = by("video");
const config = pageData("desk-config");
const said = pageData("engine-texts");
useUrls({ ...config.urls, version: config.version });

const view = new View(said);
const voice = new Voice(document.documentElement.lang || "en");
const places = new Places({ again: (place) => calibrate(place), changed: () => placesChanged() });
const silence = new Silence(() => silenceChanged());
const notices = new Notices(said, { ...config.urls, icon: assets.icon }, {
  moved: (how) => watching?.moved(how),
  snooze: () => silence.snooze(HOUR_MS),
  again: () => calibrateAgain(),
});

let engine = null;
let eyes = null;
let calibration = null;
let watching = null;
let looker = null; // who is given the pictures: the calibration or the watching
let settings = { break_rule: "still", break_every_s: 1800, notices_per_hour: 3 };
let other = null;
let askedState = 0;
let again = null; // the place that is being set up again
let made = null; // a calibration that waits for its name
let starting = 0; // counts what was started: whoever stops while the machines are loading has the last word
let letGo = null; // ends the hold that this tab has
let sound = false;

// ---------------------------------------------------------------------------------------------- what is shown

function show(mode) {
  root.dataset.mode = mode;
  root.classList.remove("waits");
}

function problem(key, values) {
  const box = by("problem");
  box.hidden = key === null;
  if (key === null) return;
  setText(by("problem-words"), text(`desk.${key}`, values));
}

function kept(value) {
  try {
    if (value === null) sessionStorage.removeItem(GOES_ON);
    else if (value !== undefined) sessionStorage.setItem(GOES_ON, value);
    return sessionStorage.getItem(GOES_ON);
  } catch {
    return null;
  }
}

// ---------------------------------------------------------------------------------------------- before

/** Cameras to choose from; browsers tell the names only to a page that was allowed to use one. */
async function listCameras() {
  const found = (await cameras().catch(() => [])).filter((each) => each.label);
  const select = by("camera");
  by("camera-field").hidden = found.length < 1;
  const chosen = eyes?.camera?.id ?? select.value;
  select.replaceChildren(...found.map(({ deviceId, label }) => new Option(label, deviceId, false, deviceId === chosen)));
}

function chosenCamera() {
  return by("camera").value || undefined;
}

async function askState() {
  askedState = Date.now();
  let answer;
  try {
    const url = `${config.urls.state}?watcher=${watcherId()}&of=${person}`;
    const response = await fetch(url, { headers: { Accept: "application/json" } });
    if (response.status === 403) return noConsent();
    if (response.status === 401) return signedOut();
    if (!response.ok) return null;
    answer = await response.json();
  } catch {
    return null; // no connection: what is known stays
  }
  settings = answer.settings;
  other = answer.other_watcher;
  drawOther();
  await silence.know(answer.settings);
  const before = places.all.map(({ id }) => id).join();
  await places.know(answer.baselines);
  drawBefore();
  if (watching?.isOn) {
    if (before !== places.all.map(({ id }) => id).join()) await placesChanged();
    else await watching.setOptions(engineOptions());
  }
  return answer;
}

/** Nobody is signed in any more, or somebody else is: their camera is nothing for this tab. */
function signedOut() {
  endWatching();
  problem("signed_out");
  return null;
}

function noConsent() {
  endWatching();
  problem("no_consent");
  return null;
}

function drawOther() {
  by("other").hidden = other === null;
  if (!other) return;
  const name = other.name || text("desk.another");
  setText(by("other-words"), text(other.kind === "agent" ? "desk.other_computer" : "desk.other_browser", { name }));
}

function drawBefore() {
  const known = places.all.length > 0;
  by("start").hidden = !known;
  by("set-up").classList.toggle("btn-primary", !known);
  by("set-up").classList.toggle("btn-secondary", known);
  setText(by("set-up-words"), text(known ? "desk.set_up_another" : "desk.set_up"));
  by("before-lead").hidden = known;
  by("before").classList.add("known-now");
}

/** Something that cannot be helped from here: then there is nothing to press. */
function obstacle() {
  const key = cameraObstacle();
  if (key) problem(`camera_${key}`);
  for (const id of ["start", "set-up"]) by(id).disabled = key !== null;
  return key;
}

// ---------------------------------------------------------------------------------------------- machines

function machines() {
  if (engine) return;
  engine = new DeskEngine(assets);
  eyes = new Eyes(assets, video, {
    seen: (picture) => looker?.seen(picture),
    tick: onTick,
    lost: onLost,
    failure: onFailure,
  });
  calibration = new Calibration(engine, said, (name) => sound && voice.tone(name));
  watching = new Watching(eyes, engine, {
    verdict: onVerdict,
    mode: onMode,
    minute: onMinute,
    trouble: (key) => problem(key === null ? null : `camera_${key}`),
    failure: onFailure,
  });
}

async function machinesReady() {
  machines();
  await Promise.all([engine.ready, eyes.ready]);
}

function onFailure(error) {
  root.dispatchEvent(new CustomEvent("failure", { detail: String(error?.message ?? error), bubbles: true }));
  problem("machine_failed");
}

function onLost(key) {
  if (looker === watching) watching.lost(key);
  else if (key === "ended") endCalibration("camera_ended");
}

// ---------------------------------------------------------------------------------------------- a calibration

async function calibrate(place = null) {
  starting += 1;
  again = place;
  made = null;
  problem(null);
  machines();
  if (watching.isOn) await watching.pause();
  looker = calibration;
  show("calibrate");
  root.dataset.step = "ready";
  by("begin").disabled = true;
  setText(by("phase-title"), place ? text("desk.ready_again", { place: place.name }) : text("desk.ready_title"));
  setText(by("phase-words"), text("desk.ready_words"));
  setText(by("machine-words"), text("desk.machine_wait"));
  drawZone(null);
  by("calibrate-title").focus();
  try {
    await eyes.open(chosenCamera());
    eyes.show(true);
    await listCameras();
    await machinesReady();
  } catch (error) {
    if (error.key !== "closed") endCalibration(error.key ? `camera_${error.key}` : "machine_failed");
    return;
  }
  if (root.dataset.mode !== "calibrate") return;
  setText(by("machine-words"), "");
  by("begin").disabled = false;
}

async function runCalibration() {
  if (sound) voice.wake();
  root.dataset.step = "run";
  by("calibrate-title").focus();
  const outcome = await calibration.run({ view: "auto", slouch: true, made_at: new Date().toISOString() });
  if (outcome === null) return;
  if (outcome.error) {
    root.dataset.step = "failed";
    root.classList.remove("waits");
    by("calibrate").classList.remove("waits");
    setText(by("phase-title"), text("desk.calibration_failed"));
    const { key, remedy } = outcome.error;
    setText(by("phase-words"), [said.reasons[key], said.remedies[remedy]].filter(Boolean).join(" "));
    by("calibrate-title").focus();
    return;
  }
  made = outcome.baseline;
  if (sound) voice.tone("done");
  showResult();
}

function showResult() {
  show("result");
  by("low").hidden = made.confidence !== "low";
  const names = [...document.querySelectorAll('input[name="place"]')];
  const taken = new Set(places.all.map(({ name }) => name));
  by("name-field").hidden = again !== null;
  if (!again) {
    const free = names.find((input) => input.value !== "" && !taken.has(input.value)) ?? names.at(-1);
    free.checked = true;
  }
  drawOtherName();
  by("result-title").focus();
}

function drawOtherName() {
  const own = document.querySelector('input[name="place"]:checked')?.value === "";
  by("own-name-field").hidden = !own;
}

async function saveResult(event) {
  event.preventDefault();
  const chosen = document.querySelector('input[name="place"]:checked')?.value ?? "";
  const name = again?.name ?? (chosen || by("own-name").value.trim());
  by("own-name").toggleAttribute("aria-invalid", !name);
  by("own-name-missing").hidden = Boolean(name);
  if (!name) {
    by("own-name").focus();
    return;
  }
  const known = again ?? places.all.find((each) => each.name === name) ?? null;
  const camera = eyes.camera;
  await places.keep(made, { name, place: known?.place ?? null, camera: camera?.label ?? "" });
  made = null;
  if (camera?.id) rememberCamera(camera.id);
  if (watching.isOn) await watching.stop();
  await startWatching();
}

function endCalibration(key = null) {
  calibration.cancel();
  looker = null;
  made = null;
  eyes.show(false);
  eyes.close();
  drawZone(null);
  if (watching.isOn) {
    backToWatching();
    return;
  }
  show("before");
  drawBefore();
  problem(key);
  by(key ? "problem" : "before-title").focus();
}

function backToWatching() {
  looker = watching;
  show("watch");
  watching.resume();
}

function calibrateAgain() {
  const place = places.all.find((each) => each.place === view.last?.place_id) ?? places.all[0] ?? null;
  calibrate(place);
}

// ---------------------------------------------------------------------------------------------- watching

function engineOptions() {
  return {
    break_rule: settings.break_rule,
    break_every_s: settings.break_every_s,
    notices_per_hour: settings.notices_per_hour,
    quiet: silence.quiet,
    days_old: places.daysOld,
    camera: eyes?.camera?.label ?? "",
  };
}

/** One tab at a time watches for a person: two would say everything twice. */
function hold() {
  if (letGo || !navigator.locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    navigator.locks
      .request(`rhomboid-desk-${person}`, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        return lock === null ? null : new Promise((done) => (letGo = done));
      })
      .catch(() => resolve(true));
  });
}

async function startWatching() {
  problem(null);
  if (!(await hold())) {
    problem("other_tab");
    return;
  }
  starting += 1;
  const mine = starting;
  machines();
  looker = watching;
  drawZone(null);
  show("watch");
  view.still("starting", { sentence: text("desk.getting_ready"), words: text("desk.getting_ready_words") });
  by("state").focus();
  kept(person);
  try {
    await machinesReady();
    if (mine !== starting) return;
    const options = { ...engineOptions(), told_s_ago: notices.toldAgo };
    if (silence.pausedUntil) await watching.startPaused(places.documents, options, chosenCamera());
    else await watching.start(places.documents, options, chosenCamera());
    if (mine !== starting) return;
    places.unread = watching.unread;
    if (silence.silentUntil) await watching.hush(silence.silentUntil);
    await showCamera(false);
    await listCameras();
  } catch (error) {
    if (mine !== starting) return;
    endWatching();
    problem(error.key ? `camera_${error.key}` : "machine_failed");
    by("problem").focus();
  }
}

/** The places have changed while watching: the engine begins anew with them. */
async function placesChanged() {
  drawBefore();
  if (!watching?.isOn) return;
  await watching.renew(places.documents, { ...engineOptions(), told_s_ago: notices.toldAgo });
  places.unread = watching.unread;
}

async function stopWatching() {
  await watching.stop();
  endWatching();
  by("before-title").focus();
}

function endWatching() {
  starting += 1;
  calibration?.cancel();
  kept(null);
  letGo?.();
  letGo = null;
  looker = null;
  watching?.stop();
  eyes?.close();
  document.title = text("desk.title");
  show("before");
  drawBefore();
}

function onVerdict(verdict) {
  view.verdict(verdict, {
    place: places.nameOf(verdict.place_id),
    breakRule: settings.break_rule,
    breakEveryS: settings.break_every_s,
    silentUntil: silence.silentUntil,
  });
  if (verdict.recalibrate) setText(by("recalibrate-words"), said.recalibrate[verdict.recalibrate] ?? "");
  by("recalibrate-note").hidden = !verdict.recalibrate;
  if (root.classList.contains("shows-camera")) drawZone(verdict.zone, verdict.view, verdict.can_tell);
  notices.verdict(verdict);
  root.dispatchEvent(new CustomEvent("verdict", { detail: verdict, bubbles: true }));
}

const STILL = {
  paused: () => ({ sentence: pausedWords(), words: text("desk.paused_words") }),
  lost: () => ({ sentence: text("desk.lost"), words: text("desk.lost_words") }),
  resting: () => ({ sentence: said.states.away, words: text("desk.resting_words") }),
};

function pausedWords() {
  const until = silence.pausedUntil;
  const open = until === null || until - Date.now() > 12 * HOUR_MS;
  if (open) return text("desk.paused");
  return endsTheDay(until) ? text("desk.paused_today") : text("desk.paused_until", { time: clockOf(until) });
}

function endsTheDay(atMs) {
  const at = new Date(atMs);
  return at.getHours() === 0 && at.getMinutes() === 0;
}

function onMode(mode) {
  root.dataset.watching = mode;
  if (mode in STILL) view.still(mode, STILL[mode]());
  else if (mode === "on") view.still("starting", { sentence: said.states.starting, words: "" });
  const paused = mode === "paused";
  by("pause").hidden = paused;
  by("go-on").hidden = !paused;
  document.title = mode === "off" ? text("desk.title") : text(paused ? "desk.title_paused" : "desk.title_watching");
}

async function onMinute() {
  await drawToday();
}

/** The band of the day, as the server draws it. */
async function drawToday() {
  try {
    const response = await fetch(`${config.urls.today}?of=${person}`, { headers: { Accept: "text/html" }, redirect: "manual" });
    // Rendered by our own templates, which escape.
    if (response.ok) by("today").innerHTML = await response.text();
  } catch {
    /* no connection: the band stays as it was */
  }
}

function onTick() {
  watching.tick();
  notices.tick();
  if (watching.mode === "paused" && root.dataset.mode === "watch") {
    if (silence.pausedUntil === null) watching.resume();
    else setText(by("state"), pausedWords());
  }
  drawSilence();
  if (watching.isOn && Date.now() - askedState > STATE_EVERY_MS) askState();
}

// ---------------------------------------------------------------------------------------------- silence

async function silenceChanged() {
  drawSilence();
  if (!watching?.isOn) return;
  const paused = silence.pausedUntil !== null;
  if (paused && watching.mode !== "paused") await watching.pause();
  if (!paused && watching.mode === "paused" && root.dataset.mode === "watch") await watching.resume();
  if (watching.mode === "paused") view.still("paused", STILL.paused());
  await watching.hush(silence.silentUntil);
  await watching.setOptions(engineOptions());
}

function drawSilence() {
  const until = silence.snoozedUntil;
  setText(by("snooze-words"), until ? text("desk.snoozed_until", { time: clockOf(until) }) : text("desk.snooze"));
  by("snooze").setAttribute("aria-pressed", String(until !== null));
  by("quiet").checked = silence.quiet;
  const paused = silence.pausedUntil;
  by("paused-note").hidden = paused === null;
  if (paused) setText(by("paused-note-words"), pausedWords());
}

async function showCamera(shown) {
  root.classList.toggle("shows-camera", shown);
  by("show-camera").setAttribute("aria-pressed", String(shown));
  setText(by("show-camera-words"), text(shown ? "desk.hide_camera" : "desk.show_camera"));
  eyes?.show(shown);
  if (!shown) drawZone(null);
}

// ---------------------------------------------------------------------------------------------- wiring

function wire() {
  by("start").addEventListener("click", () => startWatching());
  by("set-up").addEventListener("click", () => calibrate());
  by("begin").addEventListener("click", () => runCalibration());
  by("try-again").addEventListener("click", () => runCalibration());
  by("do-again").addEventListener("click", () => {
    made = null;
    show("calibrate");
    runCalibration();
  });
  for (const button of document.querySelectorAll("[data-cancel]")) button.addEventListener("click", () => endCalibration());
  by("result-form").addEventListener("submit", saveResult);
  for (const input of document.querySelectorAll('input[name="place"]')) input.addEventListener("change", drawOtherName);
  by("sound").addEventListener("click", () => {
    sound = !sound;
    if (sound) voice.wake();
    if (sound && voice.muted) voice.toggle();
    by("sound").setAttribute("aria-pressed", String(sound));
    if (sound) voice.tone("tick");
  });
  by("stop").addEventListener("click", () => stopWatching());
  by("go-on").addEventListener("click", () => silence.goOn());
  for (const button of document.querySelectorAll("[data-pause]")) {
    button.addEventListener("click", () => {
      by("pause").open = false;
      const minutes = Number(button.dataset.pause);
      silence.pause(minutes ? minutes * MINUTE_MS : null);
      by("state").focus();
    });
  }
  by("pause").addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    by("pause").open = false;
    by("pause").querySelector("summary").focus();
  });
  by("snooze").addEventListener("click", () => (silence.snoozedUntil ? silence.wakeUp() : silence.snooze(HOUR_MS)));
  by("quiet").addEventListener("change", (event) => silence.setQuiet(event.target.checked));
  by("show-camera").addEventListener("click", () => showCamera(!root.classList.contains("shows-camera")));
  by("recalibrate").addEventListener("click", () => calibrateAgain());
  by("camera").addEventListener("change", () => {
    rememberCamera(by("camera").value);
    if (root.dataset.mode === "calibrate" && root.dataset.step === "ready") calibrate(again);
  });
  video.addEventListener("loadedmetadata", fitPicture);
  video.addEventListener("resize", fitPicture);
  navigator.mediaDevices?.addEventListener?.("devicechange", () => listCameras());
  onOutcome((outcome) => {
    if (outcome === "no_consent") noConsent();
    if (outcome === "sign_in" && watching?.isOn) askState();
    by("kept").hidden = !["offline", "later", "sign_in"].includes(outcome);
    if (!by("kept").hidden) setText(by("kept-words"), text(outcome === "sign_in" ? "desk.sign_in" : "desk.kept_here"));
    by("kept-sign-in").hidden = outcome !== "sign_in";
  });
  window.addEventListener("online", () => flush({ force: true }).then(() => onMinute()));
  // Another tab shows that somebody else is signed in, or nobody: the server is asked at once whether that is so.
  window.addEventListener("storage", ({ key, newValue }) => {
    if (key === "rhomboid.viewer" && newValue !== person) askState();
  });
}

/** The drawing over the picture has the picture's own measures. */
function fitPicture() {
  if (!video.videoWidth) return;
  by("zone-picture").setAttribute("viewBox", `0 0 ${video.videoWidth} ${video.videoHeight}`);
  by("eye").style.setProperty("--shape", `${video.videoWidth} / ${video.videoHeight}`);
}

async function begin() {
  wire();
  drawBefore();
  drawSilence();
  const blocked = obstacle();
  const known = await askState();
  await listCameras();
  flush({ force: true });
  const wanted = kept() === person; // nothing in the address starts a camera: anybody's link may lead here
  if (blocked || !known || !wanted || !places.all.length) return;
  const allowed = await navigator.permissions?.query({ name: "camera" }).catch(() => null);
  if (allowed?.state === "granted") startWatching();
}

begin().catch(onFailure);
