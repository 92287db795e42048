// What the desk has to tell the server waits here (IndexedDB): minutes, breaks, calibrations, and what was said about
// silence. Written before it is sent and deleted only when the server knows it; everything has an id or an instant of its
// own, so sending twice stores once. Each entry belongs to a person; only the signed-in person's are sent.
//
// An entry: {id, person, kind: "minute" | "break" | "baseline" | "state", document, revision, sent}
import { newId } from "./ids.js";
import { deliver, person, post } from "./outbox.js";
import { isoOf, minuteOf } from "./posture_minutes.js";
import { Store } from "./store.js";

const FLAG = "rhomboid.desk.waits";
const MOST_MINUTES = 1000; // a request; the server takes 1,500
const KEEPALIVE_MINUTES = 60;
const FIRST_WAIT_MS = 3000;
const LONGEST_WAIT_MS = 5 * 60 * 1000;
const OLDEST_MS = 35 * 24 * 60 * 60 * 1000;
export const URLS = {
  minutes: "/api/posture/minutes",
  breaks: "/api/posture/breaks",
  baselines: "/api/posture/baselines",
  state: "/api/posture/state",
};

const listeners = new Set();

/** Where the application is mounted: every address begins with it. */
export function useUrls(urls) {
  Object.assign(URLS, urls);
}

// ---------------------------------------------------------------------------------------------- who watches

const watcherKey = `rhomboid.watcher.${person}`;
let watcher = null;

function stored(key, value) {
  try {
    if (value !== undefined) localStorage.setItem(key, value);
    return localStorage.getItem(key);
  } catch {
    return value ?? null;
  }
}

/** The id under which this browser watches for this person. */
export function watcherId() {
  watcher ??= stored(watcherKey) ?? newId();
  stored(watcherKey, watcher);
  return watcher;
}

function anotherWatcherId() {
  watcher = newId();
  stored(watcherKey, watcher);
}

// ---------------------------------------------------------------------------------------------- keeping

const store = new Store("rhomboid-desk", "waiting", { durability: "relaxed" });
const alter = (id, change) => store.alter(id, change);
const own = () => store.of(person);

function write(kind, key, document) {
  stored(FLAG, person);
  return alter(`${kind}:${person}:${key}`, (before) => ({
    id: `${kind}:${person}:${key}`,
    person,
    kind,
    // What was said about silence adds up; everything else is told as a whole.
    document: kind === "state" ? { ...before?.document, ...document } : document,
    revision: (before?.revision ?? 0) + 1,
    sent: before?.sent ?? 0,
  }));
}

export const putMinute = (minute) => write("minute", minute.at, minute);
export const putBreak = (found) => write("break", found.id, found);
export const putBaseline = (baseline) => write("baseline", baseline.id, baseline);
export const putState = (wanted) => write("state", "now", wanted);

async function entryOf(kind, key) {
  return (await own()).find((entry) => entry.id === `${kind}:${person}:${key}`)?.document ?? null;
}

/** What is already known here of a minute that goes on, so that a page loaded again adds to it. */
export const waitingMinute = (at) => entryOf("minute", at);

/** What was said about silence and has not arrived yet. */
export async function waitingState() {
  return (await entryOf("state", "now")) ?? {};
}

/** Calibrations that the server does not have yet. */
export async function waitingBaselines() {
  return (await own()).filter((entry) => entry.kind === "baseline").map((entry) => entry.document);
}

// ---------------------------------------------------------------------------------------------- sending

let sending = null;
let again = false;
let tries = 0;
let notBefore = 0;
let timer = 0;

/** Send what waits. The minute that still runs is sent as well and kept: whoever loads the page again adds to it.
 *  Resolves with the last outcome. What was written while a try was under way is sent by another one. */
export function flush({ force = false } = {}) {
  if (sending) {
    again = true;
    return sending;
  }
  if (!force && Date.now() < notBefore) return Promise.resolve("later");
  clearTimeout(timer);
  sending = sendAll(isoOf(minuteOf(Date.now())))
    .catch(() => "offline") // storage trouble: everything is tried again
    .then((outcome) => {
      sending = null;
      const repeat = again;
      again = false;
      plan(outcome);
      for (const listener of listeners) listener(outcome);
      return repeat && outcome === "known" ? flush() : outcome;
    });
  return sending;
}

/** When to try again by itself; whoever has to sign in first is not hurried. */
function plan(outcome) {
  tries = outcome === "known" ? 0 : tries + 1;
  const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (tries - 1));
  notBefore = outcome === "known" ? 0 : Date.now() + wait;
  if (["offline", "later"].includes(outcome)) timer = setTimeout(() => flush(), wait + 50);
}

/** Called with "known", "offline", "later", "sign_in" or "no_consent" after every try. */
export function onOutcome(listener) {
  listeners.add(listener);
}

const ORDER = ["baseline", "state", "break"];

async function sendAll(keep) {
  const waiting = (await own()).filter((entry) => entry.revision > entry.sent);
  for (const kind of ORDER) {
    for (const entry of waiting.filter((each) => each.kind === kind)) {
      const outcome = await sendOne(entry);
      if (outcome !== "known") return outcome;
    }
  }
  const minutes = waiting.filter((each) => each.kind === "minute").sort((a, b) => (a.id < b.id ? -1 : 1));
  for (let start = 0; start < minutes.length; start += MOST_MINUTES) {
    const outcome = await sendMinutes(minutes.slice(start, start + MOST_MINUTES), keep);
    if (outcome !== "known") return outcome;
  }
  await sweep(keep);
  return "known";
}

const REQUESTS = {
  baseline: (document) => ({ url: URLS.baselines, body: JSON.stringify(document) }),
  break: (document) => ({ url: URLS.breaks, body: JSON.stringify({ ...document, watcher: watcherId() }) }),
  state: (document) => ({ url: `${URLS.state}?watcher=${watcherId()}`, body: JSON.stringify(document) }),
};

async function sendOne(entry) {
  const outcome = await deliver(REQUESTS[entry.kind](entry.document));
  if (isNoConsent(outcome)) return forgetAll();
  if (!["known", "refused"].includes(outcome.kind)) return outcome.kind;
  // Refused: it will not be taken a second time either.
  await alter(entry.id, (now) => (now && now.revision > entry.revision ? { ...now, sent: entry.revision } : null));
  return "known";
}

async function sendMinutes(entries, keep, retried = false) {
  const minutes = entries.map((entry) => entry.document);
  const body = JSON.stringify({ watcher: watcherId(), version: URLS.version ?? "", minutes });
  const outcome = await deliver({ url: URLS.minutes, body });
  if (isNoConsent(outcome)) return forgetAll();
  if (outcome.kind === "refused" && outcome.status === 409 && !retried) {
    anotherWatcherId();
    return sendMinutes(entries, keep, true);
  }
  if (outcome.kind === "refused") return "later";
  if (outcome.kind !== "known") return outcome.kind;
  // A clock that is ahead: the minute will be believed later.
  const early = new Set((outcome.answer.refused ?? []).filter((each) => each.reason === "future").map((each) => each.at));
  for (const entry of entries) {
    await alter(entry.id, (now) => {
      if (!now || early.has(now.document.at)) return undefined;
      const done = now.revision === entry.revision && now.document.at !== keep;
      return done ? null : { ...now, sent: entry.revision };
    });
  }
  return "known";
}

const isNoConsent = (outcome) => outcome.kind === "refused" && outcome.status === 403;

/** The consent was taken back: what was seen is not kept here either. */
async function forgetAll() {
  for (const entry of await own()) await alter(entry.id, () => null);
  return "no_consent";
}

/** Away with what the server has, and with what it would not take any more. */
async function sweep(keep) {
  const left = await own();
  for (const entry of left) {
    if (entry.kind !== "minute" || entry.document.at === keep) continue;
    const old = Date.now() - Date.parse(entry.document.at) > OLDEST_MS;
    if (old || entry.sent === entry.revision) await alter(entry.id, () => null);
  }
  const waiting = left.some((entry) => entry.revision > entry.sent);
  if (!waiting && stored(FLAG) === person) stored(FLAG, "");
}

/** A last try while the page goes away; what does not arrive is sent when a page is opened again. */
export function sendWhileLeaving(minutes) {
  if (!minutes.length || person === null) return;
  const body = JSON.stringify({ watcher: watcherId(), version: URLS.version ?? "", minutes: minutes.slice(-KEEPALIVE_MINUTES) });
  post({ url: URLS.minutes, body }, { keepalive: true }).catch(() => {});
}
