// Finished sets, check-ins, answers and corrections wait here (IndexedDB) until the server has them. Written before
// anything is sent, deleted only after the server has said that it knows them; ids are made on the device, so sending
// twice stores once. Each entry belongs to a person: on a shared computer only the signed-in person's own entries are sent
// or shown.
//
// A session entry:    {id, person, kind: "session", document, checkpoint, acknowledged: [set ids], revision, sent,
//                      ended, beat, tries, next_try, problem}
// A correction entry: {id, person, kind: "correction", url, body, revision, sent, ended: true, tries, next_try, problem}
// A check-in entry:   {id, person, kind: "check_in", document, revision, sent, ended: true, tries, next_try, problem}
// A check-in is written once: whoever changes an answer writes another version of it, with an id of its own. Its answer
// may name a page (an emergency, the same day, a crisis): the outbox leads there from wherever the person is.
// `checkpoint` is the set under way as it would be if it ended now; it becomes a set when its page has gone.

import { Store } from "./store.js";

const FIRST_WAIT_MS = 3000;
const LONGEST_WAIT_MS = 5 * 60 * 1000;
const ANSWER_WITHIN_MS = 20000;
const KEEPALIVE_BYTES = 60000; // browsers allow 64 KiB for all requests that outlive a page
const SILENT_FOR_MS = 45000; // without Web Locks: a live page that has not written for so long is gone
export const SAVE_URL = "/api/sessions";
const CHECK_IN_URL = "/api/check-ins";
// The most urgent first: a red flag waits for nothing. A correction speaks of a repetition that the server must know.
const ORDER = ["check_in", "session", "correction"];
const TOKEN_URL = "/api/csrf-token";

export const person = document.querySelector('meta[name="viewer-id"]')?.content ?? null;
let token = document.querySelector('meta[name="csrf-token"]')?.content ?? "";
const listeners = new Set();
export let keepsNothing = false;

const store = new Store("rhomboid", "outbox", {
  durability: "strict",
  onOpened: (works) => {
    keepsNothing = !works;
  },
});
const alter = (id, change) => store.alter(id, change);
const own = () => store.of(person);

// ---------------------------------------------------------------------------------------------- writing

/** Write a session as it is now; sets that the server already knows are not kept twice. */
export async function putSession(document, { checkpoint = null, ended = false } = {}) {
  await alter(document.id, (before) => {
    const acknowledged = before?.acknowledged ?? [];
    const sets = document.sets.filter((set) => !acknowledged.includes(set.id));
    return {
      id: document.id,
      person,
      kind: "session",
      document: { ...document, sets },
      checkpoint,
      acknowledged,
      revision: (before?.revision ?? 0) + 1,
      sent: before?.sent ?? 0,
      ended,
      beat: Date.now(),
      tries: 0,
      next_try: 0,
      problem: null,
    };
  });
  announce();
}

/** Write only how far the set under way has come. */
export async function putCheckpoint(sessionId, document, checkpoint) {
  await alter(sessionId, (before) => {
    if (!before) {
      return {
        id: sessionId, person, kind: "session", document, checkpoint, acknowledged: [],
        revision: 0, sent: 0, ended: false, beat: Date.now(), tries: 0, next_try: 0, problem: null,
      };
    }
    return before.ended ? undefined : { ...before, checkpoint, beat: Date.now() };
  });
}

/** Forget a session that came to nothing: no set, nothing under way. */
export function dropSession(sessionId) {
  return alter(sessionId, () => null);
}

/** Write a correction; a later one for the same repetition replaces an earlier one that waits. */
export async function putCorrection(repetitionId, url, counted) {
  await alter(`correction:${repetitionId}`, (before) => ({
    id: `correction:${repetitionId}`,
    person,
    kind: "correction",
    url,
    body: { counted },
    revision: (before?.revision ?? 0) + 1,
    sent: before?.sent ?? 0,
    ended: true,
    tries: 0,
    next_try: 0,
    problem: null,
  }));
  announce();
}

/** Write a check-in. It stays until the server knows it, whatever becomes of this page. */
export async function putCheckIn(document) {
  await alter(document.id, () => ({
    id: document.id,
    person,
    kind: "check_in",
    document,
    revision: 1,
    sent: 0,
    ended: true,
    tries: 0,
    next_try: 0,
    problem: null,
  }));
  announce();
}

// ---------------------------------------------------------------------------------------------- who is alive

const lockName = (id) => `rhomboid-live-${id}`;

/** Hold a session as long as this page lives, so that no other page takes it for abandoned. */
export function holdSession(id) {
  navigator.locks?.request(lockName(id), () => new Promise(() => {})).catch(() => {});
}

async function abandoned(entry) {
  if (entry.kind !== "session" || entry.ended) return false;
  if (!navigator.locks) return Date.now() - entry.beat > SILENT_FOR_MS;
  const { held } = await navigator.locks.query();
  return !held.some((lock) => lock.name === lockName(entry.id));
}

/** Sessions whose page has gone become ended sessions; the set that was under way becomes a set. */
export async function rescue() {
  for (const entry of await own()) {
    if (!(await abandoned(entry))) continue;
    await alter(entry.id, (now) => {
      if (!now || now.ended) return undefined;
      const sets = now.checkpoint ? [...now.document.sets, now.checkpoint] : now.document.sets;
      if (!sets.length && !now.acknowledged.length) return null;
      const ended_at = new Date(Math.max(now.beat, Date.parse(now.document.started_at))).toISOString();
      return {
        ...now,
        document: { ...now.document, sets, ended_at: now.document.ended_at ?? ended_at },
        checkpoint: null,
        ended: true,
        revision: now.revision + 1,
      };
    });
  }
  announce();
}

// ---------------------------------------------------------------------------------------------- sending

let sending = null;
let again = false;
let timer = 0;

/** Send what waits. Resolves when there is nothing left that could be sent now. A new occasion (the connection is back,
 *  a page was opened) ends the wait of check-ins: one of them may hold a red flag. */
export function flush({ force = false, occasion = false } = {}) {
  if (sending) {
    // What is being sent may be older than what was written a moment ago: wait for the round after it, too.
    again = true;
    return sending.then(() => sending);
  }
  sending = sendAll(force, occasion)
    .catch(() => {}) // storage trouble: everything is tried again at the next occasion
    .finally(() => {
      sending = null;
      announce();
      if (again) {
        again = false;
        flush();
      } else plan();
    });
  return sending;
}

/** Versions of one check-in go out as they were written. */
const order = (entry) => (entry.kind === "check_in" ? Date.parse(entry.document.answered_at) : 0);

async function sendAll(force, occasion) {
  if (person === null) return;
  const waiting = (await own()).filter((entry) => entry.revision > entry.sent);
  waiting.sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) || order(a) - order(b));
  let page = null;
  for (const entry of waiting) {
    const early = entry.next_try > Date.now() && !(occasion && entry.kind === "check_in");
    if (!force && (entry.problem?.kind === "refused" || early)) continue;
    const outcome = await send(entry);
    await settle(entry, outcome);
    if (entry.kind === "check_in" && outcome.answer) {
      if (outcome.kind === "known") await forgetRefused(entry.document.entry_id);
      arrival(entry.id).resolve({ ...outcome.answer, refused: outcome.kind === "refused" });
      page = graver(page, outcome.answer.page);
    }
    if (outcome.kind === "offline" || outcome.kind === "sign_in") break;
  }
  leadTo(page);
}

function requestOf(entry) {
  if (entry.kind === "session") return { url: SAVE_URL, body: JSON.stringify(entry.document) };
  if (entry.kind === "check_in") return { url: CHECK_IN_URL, body: JSON.stringify(entry.document) };
  return { url: entry.url, body: JSON.stringify(entry.body) };
}

/** Send a JSON text with what every request of ours carries. */
export async function post({ url, body }, options = {}) {
  return fetch(url, {
    method: "POST",
    body,
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": token },
    credentials: "same-origin",
    redirect: "manual",
    ...options,
  });
}

function send(entry) {
  return deliver(requestOf(entry));
}

/** Send {url, body} and say what became of it: {kind: "known", answer}, {kind: "refused", status, answer, sentence}, or
 *  {kind} of "offline", "sign_in", "later". */
export async function deliver(request) {
  try {
    let response = await post(request, { signal: timeout() });
    // 400: the page's form token has aged, or somebody else has signed in since. The new token tells which.
    if (response.status === 400) {
      if (!(await renewToken())) return { kind: "sign_in" };
      response = await post(request, { signal: timeout() });
    }
    return await judge(response);
  } catch {
    return { kind: "offline" };
  }
}

function timeout() {
  return AbortSignal.timeout ? AbortSignal.timeout(ANSWER_WITHIN_MS) : undefined;
}

async function renewToken() {
  const response = await fetch(TOKEN_URL, { headers: { Accept: "application/json" }, signal: timeout() });
  if (!response.ok) return false;
  const answer = await response.json();
  if (answer.person && answer.person !== person) return false;
  token = answer.token;
  return true;
}

async function judge(response) {
  if (response.ok) return { kind: "known", answer: await response.json().catch(() => ({})) };
  if (response.type === "opaqueredirect" || response.status === 401) return { kind: "sign_in" };
  if (response.status === 429 || response.status >= 500) return { kind: "later" };
  const answer = await response.json().catch(() => ({}));
  return { kind: "refused", status: response.status, sentence: answer.error ?? "", answer };
}

function settle(entry, outcome) {
  return alter(entry.id, (now) => {
    if (!now) return undefined;
    if (outcome.kind === "known") return afterAnswer(now, entry.revision, outcome.answer);
    const tries = now.tries + 1;
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (tries - 1)) * (0.8 + 0.4 * Math.random());
    return { ...now, tries, next_try: Date.now() + wait, problem: { kind: outcome.kind, sentence: outcome.sentence ?? "" } };
  });
}

/** The server knows what we sent as revision `sent`; it may have grown meanwhile. */
function afterAnswer(now, sent, answer) {
  const acknowledged = [...new Set([...(now.acknowledged ?? []), ...(answer.sets ?? [])])];
  if (now.revision === sent && now.ended) return null;
  const after = { ...now, sent, tries: 0, next_try: 0, problem: null };
  if (now.kind !== "session") return after;
  const sets = now.document.sets.filter((set) => !acknowledged.includes(set.id));
  return { ...after, acknowledged, document: { ...now.document, sets } };
}

function plan() {
  clearTimeout(timer);
  own().then((entries) => {
    const times = entries
      .filter((entry) => entry.revision > entry.sent && !["refused", "sign_in"].includes(entry.problem?.kind))
      .map((entry) => entry.next_try);
    if (times.length) timer = setTimeout(() => flush(), Math.max(500, Math.min(...times) - Date.now()));
  });
}

/** A last try while the page goes away. What is too large for it is sent when a page is opened again. */
function sendWhileLeaving(entries) {
  let room = KEEPALIVE_BYTES;
  for (const entry of entries) {
    if (entry.revision <= entry.sent || entry.problem?.kind === "refused") continue;
    const request = requestOf(entry);
    const size = new TextEncoder().encode(request.body).length;
    if (size > room) continue;
    room -= size;
    post(request, { keepalive: true }).catch(() => {});
  }
}

// ---------------------------------------------------------------------------------------------- what the server says of a check-in

const arrivals = new Map(); // check-in id -> {promise, resolve}

function arrival(id) {
  if (!arrivals.has(id)) {
    let resolve;
    const promise = new Promise((done) => {
      resolve = done;
    });
    arrivals.set(id, { promise, resolve });
  }
  return arrivals.get(id);
}

/** What the server answers to this check-in, whenever it does: {level, page, next, says, ...}; with `refused` true where it
 *  did not take it, though it has taken the red flags in it.
 */
export function answerTo(id) {
  return arrival(id).promise;
}

/** A version that was refused is done with once a corrected one is known; the red flags in it were taken all the same. */
async function forgetRefused(entryId) {
  for (const entry of await own()) {
    if (entry.kind !== "check_in" || entry.document.entry_id !== entryId || entry.problem?.kind !== "refused") continue;
    await alter(entry.id, () => null);
  }
}

const GRAVITY = ["urgent", "crisis", "emergency"]; // the last part of a page's address, the gravest last

const gravity = (page) => GRAVITY.indexOf((page ?? "").split("/").at(-1));

const graver = (one, other) => (gravity(other) > gravity(one) ? other : one);

/** Lead to the page that comes first, unless it or a graver one is shown already: nobody's call button is taken away to
 *  load the same words again, or milder ones. */
function leadTo(page) {
  const shown = graver(location.pathname, document.documentElement.dataset.help);
  if (gravity(page) > gravity(shown)) location.assign(page);
}

// ---------------------------------------------------------------------------------------------- telling

let known = []; // the last look at the outbox: what can be said without waiting

async function announce() {
  known = await own();
  const waiting = known.filter((entry) => entry.revision > entry.sent);
  const sets = waiting.reduce((sum, entry) => sum + (entry.document?.sets?.length ?? 0), 0);
  // Versions of one check-in are one check-in.
  const checkIns = new Set(waiting.filter(({ kind }) => kind === "check_in").map((entry) => entry.document.entry_id)).size;
  const stuck = waiting.find((entry) => entry.problem && entry.problem.kind !== "later");
  const problem = stuck ? { ...stuck.problem, about: stuck.kind } : null;
  const state = { sets, checkIns, entries: waiting.length, problem, keepsNothing };
  for (const listener of listeners) listener(state);
}

/** Called with {sets, checkIns, entries, problem, keepsNothing} whenever that changes. */
export function onChange(listener) {
  listeners.add(listener);
  announce();
}

/** Whether the server has everything of this session. */
export async function isSent(sessionId) {
  const entry = (await own()).find((found) => found.id === sessionId);
  return !entry || (entry.sent === entry.revision && entry.document.sets.length === 0);
}

/** Corrections that wait, by repetition id, so that a page opened offline shows them as made. */
export async function waitingCorrections() {
  const entries = (await own()).filter((entry) => entry.kind === "correction");
  return new Map(entries.map((entry) => [entry.id.slice("correction:".length), entry.body.counted]));
}

let started = false;

/** Rescue, send, and keep sending on every occasion. Once per page. */
export async function startSending() {
  if (started || person === null) return;
  started = true;
  window.addEventListener("online", () => flush({ occasion: true }).then(() => flush()));
  window.addEventListener("pagehide", () => sendWhileLeaving(known));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") flush({ occasion: true });
  });
  await rescue();
  await flush({ occasion: true });
}
