// Record an exercise of one's own: camera or video, learning, numbers with a live preview, trying, saving. Decides what
// happens when. Pictures and landmarks stay in this page; only the definition that was learned is sent.
import { cameraObstacle, cameras, closeCamera, openCamera, rememberCamera } from "./camera.js";
import "./figure.js";
import { EngineMachine } from "./machines.js";
import { Overlay } from "./overlay.js";
import { drawCurve } from "./record_curve.js";
import { Eyes, Recording } from "./record_eyes.js";
import { DocumentForm } from "./record_form.js";
import { assets, clockTime, number, pageData, text } from "./texts.js";
import { Voice } from "./voice.js";

const GET_READY_S = 5;
const LONGEST_S = 60;
const SEEN = 0.5;
const MUST_SEE = [11, 12, 15, 16, 23, 24]; // shoulders, hands, hips

const config = pageData("record-config");
const by = (id) => document.getElementById(id);
const root = by("record");
const video = by("video");
const overlay = new Overlay(by("overlay"), video);
const voice = new Voice(document.documentElement.lang || "en");
const form = new DocumentForm(by("numbers"), config, preview);

let eyes = null;
let engine = null;
let stream = null;
let recording = null;
let learned = null;
let trying = null;
let dirty = false;
let countdown = 0;
let asked = 0; // of previews: only the newest answer is shown

function mode(name) {
  root.dataset.mode = name;
}

function trouble(sentence) {
  by("trouble").hidden = !sentence;
  by("trouble").textContent = sentence ?? "";
  if (sentence) by("trouble").focus();
}

function say(sentence, { aloud = false } = {}) {
  by("say").textContent = sentence;
  if (aloud) voice.say(sentence, { now: true });
}

function shown(id, on) {
  if (by(id)) by(id).hidden = !on;
}

function check(name, state, sentence) {
  const line = by(`check-${name}`);
  if (!line) return;
  line.hidden = false;
  line.dataset.state = state;
  line.querySelector(".words").textContent = sentence;
}

// ---------------------------------------------------------------------------------------------- machines

function startEngine() {
  if (engine) return;
  const absolute = (name) => new URL(assets[name], location.href).href;
  engine = new EngineMachine({
    worker: assets.engine_worker,
    pyodide: absolute("pyodide"),
    folder: absolute("pyodide_folder"),
    engine: absolute("engine"),
  });
}

async function startMachines() {
  startEngine();
  eyes ??= new Eyes(video, assets, () => trouble(text("engine.failed")));
  try {
    await Promise.all([engine.ready, eyes.ready]);
    check("engine", "ok", text("engine.ready"));
    return true;
  } catch {
    check("engine", "problem", text("engine.failed"));
    trouble(text("engine.failed"));
    return false;
  }
}

// ---------------------------------------------------------------------------------------------- camera and file

async function turnCameraOn(deviceId) {
  trouble(null);
  voice.wake();
  shown("stage", true);
  closeCamera(stream);
  stream = null;
  try {
    stream = await openCamera(deviceId);
  } catch (error) {
    shown("camera-on", true);
    trouble(text(`camera.${error.key ?? "other"}`));
    return false;
  }
  for (const track of stream.getVideoTracks()) track.addEventListener("ended", onCameraLost);
  closeFile();
  video.srcObject = stream;
  overlay.mirrored = true;
  root.dataset.source = "camera";
  await video.play().catch(() => {});
  shown("stage-empty", false);
  shown("camera-on", false);
  return true;
}

function onCameraLost() {
  stream = null;
  eyes?.stop();
  stopTrying();
  trouble(text("camera.lost"));
  shown("camera-on", true);
  shown("record-now", false);
}

function turnCameraOff() {
  eyes?.stop();
  closeCamera(stream);
  stream = null;
  video.srcObject = null;
  closeFile();
  overlay.clear();
}

function closeFile() {
  if (!video.src) return;
  URL.revokeObjectURL(video.src);
  video.onerror = null;
  video.removeAttribute("src");
  video.load();
}

async function listCameras() {
  const found = await cameras();
  shown("device-field", found.length > 1);
  const current = stream?.getVideoTracks()[0]?.getSettings().deviceId;
  by("device")?.replaceChildren(...found.map((device, n) => new Option(device.label || `${n + 1}`, device.deviceId, false, device.deviceId === current)));
}

async function useCamera(deviceId) {
  const ready = startMachines();
  if (!(await turnCameraOn(deviceId))) return;
  mode("look");
  listCameras();
  shown("record-now", true);
  check("body", "wait", text("body.wait"));
  if (!(await ready) || root.dataset.mode !== "look") return;
  by("record-now").disabled = false;
  eyes.watchCamera(showFraming);
}

function showFraming(pose) {
  overlay.draw(pose, null);
  if (!pose.found) check("body", "wait", text("body.wait"));
  else {
    const all = MUST_SEE.every((joint) => pose.values[joint * 4 + 3] >= SEEN);
    check("body", all ? "ok" : "problem", text(all ? "body.ok" : "body.part"));
  }
}

function nameIsThere() {
  const field = by("demo-name");
  if (field.value.trim()) return true;
  trouble(text("name.missing"));
  field.focus();
  return false;
}

function recordNow() {
  if (!nameIsThere()) return;
  trouble(null);
  voice.wake();
  mode("ready");
  shown("record-now", false);
  shown("record-stop", true);
  by("record-stop").focus();
  let left = GET_READY_S;
  say(text("ready"), { aloud: true });
  const step = () => {
    if (left === 0) {
      clearInterval(countdown);
      shown("stage-number", false);
      beginRecording();
      return;
    }
    by("stage-number").textContent = String(left);
    shown("stage-number", true);
    voice.tone("tick");
    left -= 1;
  };
  step();
  countdown = setInterval(step, 1000);
}

function beginRecording() {
  mode("recording");
  shown("look-again", false);
  recording = new Recording();
  const longest = Math.min(LONGEST_S, Number(by("demo-length").value));
  voice.tone("go");
  say(text("go"), { aloud: true });
  shown("recording-mark", true);
  eyes.watchCamera((pose) => {
    overlay.draw(pose, null);
    if (root.dataset.mode !== "recording") return;
    recording.add(pose);
    by("recording-time").textContent = clockTime(recording.seconds);
    if (recording.seconds >= longest) stopRecording();
  });
}

function stopRecording() {
  clearInterval(countdown);
  shown("stage-number", false);
  shown("record-stop", false);
  shown("recording-mark", false);
  const before = root.dataset.mode;
  if (before === "ready") {
    mode("look");
    shown("record-now", true);
    by("record-now").focus();
    return;
  }
  if (before !== "recording") return;
  voice.tone("done");
  say(text("stopped"), { aloud: true });
  turnCameraOff();
  learn();
}

async function useFile(file) {
  if (!file) return;
  by("file").value = "";
  if (!nameIsThere()) return;
  trouble(null);
  turnCameraOff();
  shown("stage", true);
  shown("record-now", false);
  mode("recording");
  video.src = URL.createObjectURL(file);
  overlay.mirrored = false;
  root.dataset.source = "file";
  shown("stage-empty", false);
  showLearning(text("file.reading", { percent: number(0) }), 0);
  if (!(await startMachines())) return;
  recording = new Recording();
  try {
    await eyes.watchFile((pose) => {
      overlay.draw(pose, null);
      recording.add(pose);
      const share = video.duration ? video.currentTime / video.duration : 0;
      showLearning(text("file.reading", { percent: number(Math.round(share * 100)) }), share);
    });
  } catch {
    backToStart(text("file.failed"));
    return;
  }
  learn();
}

// ---------------------------------------------------------------------------------------------- learning

function showLearning(sentence, share = null) {
  shown("learning", true);
  by("learning-line").textContent = sentence;
  if (share === null) by("learning-bar").removeAttribute("value");
  else by("learning-bar").value = share;
}

function backToStart(sentence) {
  shown("learning", false);
  turnCameraOff();
  shown("camera-on", true);
  shown("record-now", false);
  shown("stage", true);
  shown("stage-empty", true);
  shown("panel-found", false);
  shown("panel-start", true);
  shown("check-body", false);
  by("numbers").hidden = true;
  mode("start");
  trouble(sentence);
}

function troubleWords({ key, ...data }) {
  const sentence = config.troubles[key] ?? config.troubles._;
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => (Number.isFinite(data[name]) ? number(data[name], 1) : "?"));
}

async function learn() {
  mode("learning");
  shown("look-again", false);
  showLearning(text("learning"));
  const wanted = by("demo-reps").value;
  let answer;
  try {
    answer = await engine.learn(recording.packed(), by("demo-name").value.trim(), wanted ? Number(wanted) : null);
  } catch {
    backToStart(text("engine.failed"));
    return;
  }
  shown("learning", false);
  if (answer.trouble) {
    backToStart(troubleWords(answer.trouble));
    // Another number of repetitions may fit what was shown.
    shown("look-again", ["wrong_number", "not_repeated"].includes(answer.trouble.key));
    return;
  }
  learned = answer.learned;
  dirty = true;
  showFound();
}

function showFound() {
  mode("numbers");
  shown("panel-start", false);
  shown("stage", false);
  shown("panel-found", true);
  by("numbers").hidden = false;
  const view = config.views[learned.view] ?? learned.view;
  by("found-line").textContent = text("found", { n: number(learned.repetitions), view: view.toLocaleLowerCase() });
  by("found-beads").replaceChildren(...learned.segments.map(bead));
  const measures = [...new Set(learned.measures)].map((name) => config.measures[name]?.title ?? name);
  by("found-moves").textContent = text("moves", { measures: new Intl.ListFormat(document.documentElement.lang || "en").format(measures) });
  form.show(learned.document);
  preview(form.document);
  by("found-title").focus();
}

function bead([start, peak, end], n) {
  const item = document.createElement("li");
  const [from, top, to] = [start, peak, end].map((time) => number(time, 1));
  const face = document.createElement("span");
  face.className = "bead";
  face.textContent = String(n + 1);
  face.setAttribute("aria-hidden", "true");
  const times = document.createElement("span");
  times.className = "bead-times";
  times.textContent = text("seconds", { from, to });
  times.setAttribute("aria-hidden", "true");
  const words = document.createElement("span");
  words.className = "visually-hidden";
  words.textContent = text("bead", { n: n + 1, start: from, peak: top, end: to });
  item.append(face, times, words);
  return item;
}

// ---------------------------------------------------------------------------------------------- numbers

/** The demonstration counted again with the numbers as they are now. Without one, the numbers are only checked. */
async function preview(definition) {
  dirty = true;
  stopTrying();
  startEngine();
  const mine = (asked += 1);
  if (learned) by("recount").textContent = text("recount.wait");
  let answer;
  try {
    await engine.ready;
    answer = await engine.recount(definition);
  } catch {
    trouble(text("engine.failed"));
    return;
  }
  if (mine !== asked) return;
  form.clear();
  by("save-line").textContent = "";
  if (answer.refused) {
    by("recount").textContent = "";
    form.complain(answer.refused.key, form.sentence(answer.refused.key, answer.refused.reason));
    return;
  }
  by("figure").show(answer.figure);
  if (answer.recount) showCount(definition, answer.recount);
}

function showCount(definition, { counted, mirrored_counted: mirrored, partial, segments }) {
  const of = learned.repetitions;
  const right = counted === of && mirrored === of;
  const sentences = [text("recount", { counted: number(counted), mirrored: number(mirrored), of: number(of) })];
  if (partial) sentences.push(text("recount.partial", { partial: number(partial) }));
  if (!right) sentences.push(text("recount.wrong"));
  by("recount").textContent = sentences.join(" ");
  by("recount").dataset.state = right ? "ok" : "problem";
  by("found-beads").replaceChildren(...segments.map(bead));
  shown("curve-block", true);
  const name = definition.view[0].peak.measure;
  by("curve-words").textContent = text("curve", { measure: config.measures[name]?.title ?? name });
  drawCurve(by("curve"), definition.view[0], learned.curve, segments);
}

// ---------------------------------------------------------------------------------------------- trying

async function tryNow() {
  const definition = form.document;
  by("try").disabled = true;
  by("try-label").textContent = text("try.wait");
  const ready = startMachines();
  const seeing = (await turnCameraOn()) && (await ready);
  by("try").disabled = false;
  if (!seeing) {
    by("try-label").textContent = text("try");
    return;
  }
  trying = { first: null };
  engine.open(definition.id, {}, definition);
  mode("trying");
  by("try-label").textContent = text("try");
  shown("try", false);
  shown("try-stop", true);
  by("try-stop").focus();
  shown("stage-number", true);
  by("stage-number").textContent = "0";
  by("stage").scrollIntoView({ block: "nearest" });
  eyes.watchCamera(coach);
}

async function coach(pose) {
  if (!trying) return;
  trying.first ??= pose.time_s;
  let answer;
  try {
    answer = await engine.see({ ...pose, time_s: pose.time_s - trying.first });
  } catch {
    stopTrying();
    trouble(text("try.fix"));
    return;
  }
  if (!trying) return;
  const { feedback } = answer;
  overlay.draw(pose, feedback);
  const held = feedback.hold ? Math.floor(feedback.hold.held_s) : null;
  by("stage-number").textContent = String(held ?? feedback.count);
  by("stage-cue").hidden = feedback.can_tell;
  if (!feedback.can_tell) by("stage-cue").textContent = config.gates[feedback.gate.remedy] ?? config.gates._;
  if (feedback.event?.kind === "repetition") say(String(feedback.count), { aloud: true });
}

function stopTrying() {
  if (!trying) return;
  trying = null;
  turnCameraOff();
  mode("numbers");
  shown("stage-number", false);
  shown("stage-cue", false);
  shown("try-stop", false);
  shown("stage", false);
  shown("try", true);
}

// ---------------------------------------------------------------------------------------------- saving

async function save(event) {
  event.preventDefault();
  stopTrying();
  form.clear();
  by("save").disabled = true;
  by("save-line").textContent = text("save.wait");
  let response;
  let answer;
  try {
    response = await fetch(config.urls.save, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        Accept: "application/json",
        "X-CSRF-Token": document.querySelector('meta[name="csrf-token"]').content,
      },
      body: JSON.stringify({ document: form.document, base_number: config.base_number, for_everybody: by("for-everybody").checked }),
    });
    answer = await response.json();
  } catch {
    by("save").disabled = false;
    by("save-line").textContent = text("save.failed");
    return;
  }
  if (response.ok) {
    dirty = false;
    location.assign(answer.url);
    return;
  }
  by("save").disabled = false;
  const problems = Object.entries(answer.fields ?? {});
  by("save-line").textContent = problems.length ? text("save.problems") : (answer.error ?? text("save.failed"));
  const marked = problems.map(([key, sentence]) => form.complain(key, sentence));
  marked[0]?.focus?.();
  marked[0]?.scrollIntoView({ block: "center" });
}

// ---------------------------------------------------------------------------------------------- wiring

function wire() {
  const click = (id, work) => by(id)?.addEventListener("click", work);
  click("camera-on", () => useCamera());
  click("record-stop", stopRecording);
  click("again", () => {
    stopTrying();
    backToStart(null);
  });
  click("look-again", () => nameIsThere() && learn());
  click("try", tryNow);
  click("try-stop", () => {
    stopTrying();
    by("try").focus();
  });
  by("demo-form")?.addEventListener("submit", (event) => {
    event.preventDefault();
    if (root.dataset.mode === "look" && !by("record-now").disabled) recordNow();
    else if (nameIsThere() && root.dataset.mode === "start") useCamera();
  });
  by("file")?.addEventListener("change", (event) => useFile(event.target.files[0]));
  by("device")?.addEventListener("change", (event) => {
    rememberCamera(event.target.value);
    eyes?.stop();
    useCamera(event.target.value);
  });
  by("numbers").addEventListener("submit", save);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !stream) return;
    if (trying) by("try-stop").click();
    else if (["ready", "recording"].includes(root.dataset.mode)) stopRecording();
  });
  window.addEventListener("beforeunload", (event) => {
    if (dirty && learned) event.preventDefault();
  });
}

wire();
if (config.document) {
  form.show(config.document);
  dirty = false;
} else if (config.camera) {
  if (cameraObstacle()) {
    by("camera-on").disabled = true;
    trouble(text(`camera.${cameraObstacle()}`));
  }
  startMachines();
}
