// The check-in: the plain form of the page, one question at a time. A tap answers and goes on, back is always possible, and
// nothing is chosen beforehand. Answers are written to the outbox before anything is sent. A red flag waits for nothing: its
// screen comes at once, and what was said is stored at once as a first version of the entry.
import { answerOf, answersOf, detailAsked, flagsOf, isAsked } from "./check_in_answers.js";
import { startBodyMaps } from "./body_map.js";
import { prepareHelp, showHelp } from "./help_screen.js";
import { newId } from "./ids.js";
import { answerTo, flush, keepsNothing, putCheckIn } from "./outbox.js";
import { EMERGENCY, URGENT, highest, levelsOf } from "./red_flags.js";
import { pageData, text } from "./texts.js";

const ONE_TAP = ["scale", "choice", "yes_no"];
const SEEN_FOR_MS = 160; // what was chosen stays in sight that long before the next question comes
const ANSWER_WITHIN_MS = 6000;
const DAY_MS = 24 * 60 * 60 * 1000;

const config = pageData("check-in");
const form = document.getElementById("check-in-form");
const all = [...form.querySelectorAll(".question")];
const atOnce = form.hasAttribute("data-all");
const back = document.getElementById("check-in-back");
const next = document.getElementById("check-in-next");
const send = document.getElementById("check-in-send");
const kept = document.getElementById("check-in-kept");
const lead = document.getElementById("check-in-lead");
const flagsQuestion = all.find(({ dataset }) => dataset.kind === "flags") ?? null;
const sendLabel = send.textContent;
const reduced = window.matchMedia("(prefers-reduced-motion: reduce)");

const entryId = config.entry_id ?? newId();
let current = null; // stays null where all questions are shown at once
let sent = false;
let begunOn = null; // the day on which the first answer was given, for somebody who answers around midnight
let arrows = false;
let advancing = 0;
let storedFlags = ""; // the red flags as they were last written to the outbox
const visited = new Set();
const excused = new Set(); // unlikely pairs of answers that were pointed out once

// A free word has no view of its own: it stands below the last question.
const companion = atOnce ? null : (all.slice(1).find(({ dataset }) => dataset.question === "note") ?? null);
const asked = () => all.filter((question) => question !== companion && isAsked(form, question));
const isLast = (question) => asked().at(-1) === question;
const answered = (question) => answerOf(form, question) !== undefined;

// ---------------------------------------------------------------------------------------------- the day

/** Today as a date, where the person lives. A page that was left open since yesterday asks about today. */
function today() {
  if (!config.time_zone) return config.today;
  try {
    const parts = new Intl.DateTimeFormat("en-CA", { timeZone: config.time_zone, year: "numeric", month: "2-digit", day: "2-digit" });
    const here = parts.format(new Date());
    return here > config.today ? here : config.today;
  } catch {
    return config.today;
  }
}

function localDate() {
  const day = form.querySelector('[name="local_date"]:checked');
  if (!day) return form.querySelector('[type="hidden"][name="local_date"]')?.value || config.local_date || begunOn || today();
  const start = Date.parse(`${begunOn ?? today()}T00:00:00Z`);
  return new Date(start - Number(day.dataset.daysBack) * DAY_MS).toISOString().slice(0, 10);
}

// ---------------------------------------------------------------------------------------------- storing

function documentNow(questions = asked()) {
  const { answers, note } = answersOf(form, companion ? [...questions, companion] : questions);
  return {
    id: newId(),
    entry_id: entryId,
    form: config.form,
    local_date: localDate(),
    answered_at: new Date().toISOString(),
    source: "page",
    ...(config.session_id ? { session_id: config.session_id } : {}),
    note,
    answers,
  };
}

/** Store what was said so far, because it is urgent. The finished form will be a newer version of the same entry. */
async function storeNow() {
  await putCheckIn(documentNow());
  flush();
}

function flagLevel({ complete = true } = {}) {
  if (!flagsQuestion) return 0;
  const { answers, pending } = flagsOf(flagsQuestion);
  // While a detail is being asked, its flag waits for the answer, unless the person goes on without it.
  const counted = Object.entries(answers).filter(([code]) => complete || !pending.includes(code));
  return highest(levelsOf(config.flags, config.chest_band, Object.fromEntries(counted)));
}

/** An emergency is shown and stored as soon as it is ticked, the rest when the person goes on; each once as it is now. */
function lookAtFlags({ leaving = false } = {}) {
  const level = flagLevel({ complete: leaving });
  const now = JSON.stringify(flagsOf(flagsQuestion).answers);
  if (level < (leaving ? URGENT : EMERGENCY) || now === storedFlags) return;
  storedFlags = now;
  showHelp(level >= EMERGENCY ? "emergency" : "urgent");
  storeNow();
}

async function finish() {
  const missing = asked().find((question) => question.hasAttribute("data-required") && !answered(question));
  if (missing) {
    if (!atOnce) go(missing, { record: false });
    point(missing, text(missing === flagsQuestion ? "check_in.flags_required" : "check_in.required"));
    return;
  }
  if (sent) return;
  sent = true;
  send.disabled = true;
  send.textContent = text("check_in.sending");
  const written = documentNow();
  await putCheckIn(written);
  answerTo(written.id).then(leave);
  if (!navigator.onLine) showKept();
  else setTimeout(showKept, ANSWER_WITHIN_MS);
  flush();
}

function leave({ page, next: path, refused, error }) {
  if (!refused || page) {
    location.assign(page ?? path ?? config.urls.check_in);
    return;
  }
  // Nothing is lost, it stays in the outbox; but what the server could not take is better put right here and now.
  sent = false;
  send.disabled = false;
  send.textContent = sendLabel;
  kept.hidden = true;
  form.hidden = false;
  point(current ?? all.at(-1), error ?? "");
}

function showKept() {
  if (!kept.hidden) return;
  form.hidden = true;
  kept.hidden = false;
  if (keepsNothing) kept.querySelector(".lead").textContent = text("outbox.check_in_no_storage");
  const level = flagLevel();
  kept.querySelector('[data-kept="emergency"]').hidden = level < EMERGENCY;
  kept.querySelector('[data-kept="urgent"]').hidden = level !== URGENT;
  kept.focus();
}

// ---------------------------------------------------------------------------------------------- going through

function point(question, sentence) {
  const gentle = question.querySelector("[data-gentle]");
  gentle.textContent = sentence;
  question.scrollIntoView({ block: "nearest" });
}

function unlikely(question) {
  const value = (key) => {
    const other = all.find(({ dataset }) => dataset.question === key);
    return other ? answerOf(form, other) : undefined;
  };
  const key = question.dataset.question;
  const [average, worst, now] = ["average", "worst", "now"].map(value);
  if (key === "worst" && worst < average) return text("check_in.worst_lower", { average });
  if (key === "now" && now > worst) return text("check_in.now_higher", { worst });
  return "";
}

/** What keeps a person on a question, or nothing. Unlikely answers are pointed out once and never hold anybody up. */
function obstacle(question) {
  if (question === flagsQuestion) {
    const opened = [...question.querySelectorAll("[data-flag][open]")].filter((item) => !item.querySelector(".flag-answers :checked"));
    if (opened.length) return text("check_in.flag_open");
    if (!answered(question)) return text("check_in.flags_required");
  }
  if (question.hasAttribute("data-required") && !answered(question)) return text("check_in.required");
  const sentence = unlikely(question);
  if (!sentence || excused.has(sentence)) return "";
  excused.add(sentence);
  return sentence;
}

function forward() {
  clearTimeout(advancing);
  const why = obstacle(current);
  if (why) {
    point(current, why);
    describeBar();
    return;
  }
  point(current, "");
  if (current === flagsQuestion) lookAtFlags({ leaving: true });
  const rest = asked().slice(asked().indexOf(current) + 1);
  // What was answered elsewhere (on Today) is not asked again; who goes back sees it.
  const following = rest.find((question) => visited.has(question) || !answered(question)) ?? rest.at(-1);
  if (following) go(following);
  else finish();
}

function go(question, { record = true, focus = true } = {}) {
  current = question;
  visited.add(question);
  for (const each of all) each.hidden = each !== question && !(each === companion && isLast(question));
  if (lead) lead.hidden = asked()[0] !== question;
  const position = asked().indexOf(question) + 1;
  document.getElementById("check-in-progress").textContent = text("check_in.progress", { n: position, all: asked().length });
  document.getElementById("check-in-line").style.setProperty("--done", position / asked().length);
  document.getElementById("check-in-keys").hidden = question.dataset.kind !== "scale";
  describeBar();
  const state = { question: question.dataset.question };
  if (record) history.pushState(state, "");
  else history.replaceState({ ...history.state, ...state }, "");
  if (focus) {
    window.scrollTo(0, 0);
    question.querySelector("legend").focus({ preventScroll: true });
  }
}

function describeBar() {
  const last = isLast(current);
  back.hidden = asked()[0] === current;
  send.hidden = !last;
  next.hidden = last || (current === flagsQuestion && !answered(current));
  next.textContent = answered(current) || current.hasAttribute("data-required") ? text("check_in.next") : text("check_in.skip");
  next.classList.toggle("btn-primary", answered(current));
  next.classList.toggle("btn-secondary", !answered(current));
}

function advanceSoon() {
  clearTimeout(advancing);
  if (isLast(current)) return;
  const from = current;
  advancing = setTimeout(() => current === from && forward(), reduced.matches ? 0 : SEEN_FOR_MS);
}

// ---------------------------------------------------------------------------------------------- listening

function showFlag(item) {
  const answer = item.querySelector(".flag-answers :checked")?.value;
  item.dataset.answer = answer ?? "";
  item.querySelector("[data-flag-answer]").textContent = answer ? text(`check_in.flag.${answer}`) : "";
  const detail = item.querySelector("[data-detail-when]");
  if (detail) detail.hidden = !answer || !detailAsked(detail, answer);
}

function flagsChanged(changed) {
  const item = changed.closest("[data-flag]");
  const none = flagsQuestion.querySelector('[name="none_of_these"]');
  if (item) {
    showFlag(item);
    const { answers } = flagsOf(flagsQuestion);
    if (Object.values(answers).some(({ answer }) => answer !== "no")) none.checked = false;
    // A "no" needs no more room.
    if (changed.value === "no" && changed.name === `flag-${item.dataset.flag}` && !arrows) item.open = false;
    if (item.open) item.scrollIntoView({ block: "nearest" });
    lookAtFlags();
    return;
  }
  if (!none.checked) return;
  for (const each of flagsQuestion.querySelectorAll("[data-flag]")) {
    each.open = false;
    for (const input of each.querySelectorAll("input")) input.checked = false;
    showFlag(each);
  }
}

function changed({ target }) {
  begunOn ??= today();
  const question = target.closest(".question");
  if (!question) return;
  if (question === flagsQuestion) flagsChanged(target);
  if (question.dataset.question === "self_harm" && target.value === "yes") {
    showHelp("crisis");
    storeNow();
  }
  for (const each of all) if (each.dataset.onlyIf && atOnce) each.hidden = !isAsked(form, each);
  point(question, "");
  if (!atOnce) describeBar();
}

function clicked({ target }) {
  if (atOnce || arrows || !(target instanceof HTMLInputElement)) return;
  const kind = current?.dataset.kind;
  if (target.type === "radio" && ONE_TAP.includes(kind)) advanceSoon();
  if (target.name === "none_of_these" && target.checked) advanceSoon();
}

function pressed(event) {
  const { key, target } = event;
  arrows = key.startsWith("Arrow");
  if (atOnce || event.ctrlKey || event.altKey || event.metaKey || kept.hidden === false) return;
  const writing = target.matches('textarea, select, input:not([type="radio"], [type="checkbox"])');
  if (key === "Enter" && !target.matches("button, summary, a, textarea")) {
    event.preventDefault();
    forward();
    return;
  }
  if (writing || current?.dataset.kind !== "scale") return;
  const value = key === "End" ? "10" : key;
  if (!/^(\d|10)$/.test(value) || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  const input = current.querySelector(`.scale input[value="${value}"]`);
  input.focus();
  input.click();
}

function startStepping() {
  form.classList.add("stepping");
  companion?.classList.add("companion");
  back.addEventListener("click", () => history.back());
  next.addEventListener("click", forward);
  window.addEventListener("popstate", ({ state }) => {
    clearTimeout(advancing);
    const question = all.find(({ dataset }) => dataset.question === state?.question);
    if (question && question !== current) go(question, { record: false });
  });
  const first = asked()[0];
  go(first, { record: false, focus: false });
}

function start() {
  prepareHelp({ emergency: config.urls.emergency, urgent: config.urls.urgent, crisis: config.urls.crisis });
  for (const item of form.querySelectorAll("[data-flag]")) {
    showFlag(item);
    // What opens below the bar at the bottom comes into sight.
    item.addEventListener("toggle", () => item.open && item.scrollIntoView({ block: "nearest" }));
  }
  startBodyMaps(form);
  startMedicines();
  form.addEventListener("change", changed);
  form.addEventListener("click", clicked);
  form.addEventListener("input", () => !atOnce && describeBar());
  document.addEventListener("keydown", pressed);
  document.addEventListener("keyup", () => {
    arrows = false;
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (atOnce || isLast(current)) finish();
    else forward();
  });
  // A page that comes back out of the browser's memory has been sent already.
  window.addEventListener("pageshow", ({ persisted }) => persisted && sent && location.replace(config.urls.check_in));
  if (atOnce) for (const each of all) each.hidden = !isAsked(form, each);
  else startStepping();
}

/** One medicine at a time; the next one when it is asked for. */
function startMedicines() {
  for (const list of form.querySelectorAll("[data-medicines]")) {
    const add = list.querySelector("[data-add-medicine]");
    const spares = () => [...list.querySelectorAll("[data-spare]")];
    for (const each of spares()) each.hidden = true;
    add.hidden = spares().length === 0;
    add.addEventListener("click", () => {
      const [more] = spares();
      more.removeAttribute("data-spare");
      more.hidden = false;
      more.querySelector("input").focus();
      add.hidden = spares().length === 0;
    });
  }
}

// A form that only names things is an ordinary one.
if (!config.plain) start();
