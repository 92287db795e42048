// Notices by push in this browser: what it can do, turning it on (only after a tap and an explanation), turning it off,
// and keeping the server's copy of the address current. The address belongs to whoever turned it on here; another person
// who signs in on the same browser does not inherit it.
import { pageData } from "./texts.js";

const OWNER = "rhomboid.push"; // {person, told, endpoint}: who turned it on here, when the server was told what
const TELL_AGAIN_MS = 24 * 60 * 60 * 1000;
const CONFLICT = 409;

const urls = pageData("reminder-urls");
const viewer = document.querySelector('meta[name="viewer-id"]')?.content ?? null;
const token = document.querySelector('meta[name="csrf-token"]')?.content ?? "";

function remembered() {
  try {
    return JSON.parse(localStorage.getItem(OWNER)) ?? {};
  } catch {
    return {};
  }
}

function remember(value) {
  try {
    if (value) localStorage.setItem(OWNER, JSON.stringify(value));
    else localStorage.removeItem(OWNER);
  } catch {
    /* this browser keeps nothing: the server still knows the address */
  }
}

/** The worker of this site; null where there can be none. */
export async function worker() {
  if (!("serviceWorker" in navigator) || !window.isSecureContext || !urls.service_worker) return null;
  try {
    await navigator.serviceWorker.register(urls.service_worker, { updateViaCache: "none" });
    return await navigator.serviceWorker.ready;
  } catch {
    return null; // private windows refuse; everything else works without it
  }
}

function installedOnly() {
  // Safari on iPhone and iPad gives push to a page on the home screen and to nothing else.
  const apple = /iPad|iPhone/.test(navigator.userAgent) || (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1);
  return apple && !window.matchMedia("(display-mode: standalone)").matches;
}

async function subscription() {
  const registration = await worker();
  return (await registration?.pushManager?.getSubscription()) ?? null;
}

/** One of: insecure, install, unsupported, denied, off, on, another (somebody else's in this browser). */
export async function state() {
  if (!window.isSecureContext) return "insecure";
  const able = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
  if (!able) return installedOnly() ? "install" : "unsupported";
  if (Notification.permission === "denied") return "denied";
  const found = await subscription();
  if (!found) return "off";
  return remembered().person === viewer ? "on" : "another";
}

/** The fingerprint under which the server lists this browser. */
export async function fingerprint() {
  const found = await subscription();
  if (!found) return null;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(found.endpoint));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function bytes(key) {
  const text = atob(key.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function same(buffer, other) {
  if (!buffer) return false;
  const found = new Uint8Array(buffer);
  return found.length === other.length && found.every((byte, index) => byte === other[index]);
}

async function serverKey() {
  const response = await fetch(urls.push_key, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error("no key");
  return bytes((await response.json()).key);
}

function send(method, body) {
  return fetch(urls.push_subscriptions, {
    method,
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": token },
    body: JSON.stringify(body),
  });
}

/** With `old`, the address the server knows so far: it then accepts the new one only if that one is still this person's. */
async function subscribe(registration, old = null) {
  const key = await serverKey();
  const before = await registration.pushManager.getSubscription();
  // The server has new keys: what was agreed with the old ones no longer reaches this browser.
  if (before && !same(before.options?.applicationServerKey, key)) await before.unsubscribe();
  const now = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  const answer = await send("POST", old ? { ...now.toJSON(), old_endpoint: old } : now.toJSON());
  if (answer.ok) remember({ person: viewer, told: Date.now(), endpoint: now.endpoint });
  return { now, status: answer.status };
}

/** Ask for permission and tell the server. Only from a tap. Gives "on", "denied", "dismissed" or "failed". */
export async function turnOn() {
  const permission = await Notification.requestPermission();
  if (permission !== "granted") return permission === "denied" ? "denied" : "dismissed";
  try {
    const registration = await worker();
    if (!registration) return "failed";
    return (await subscribe(registration)).status < 300 ? "on" : "failed";
  } catch {
    return "failed";
  }
}

/** No more pushes in this browser. The server forgets the address first; if that fails, the push service will say so. */
export async function turnOff() {
  const found = await subscription();
  if (found) {
    await send("DELETE", { endpoint: found.endpoint }).catch(() => {});
    await found.unsubscribe();
  }
  remember(null);
}

/** On every page of whoever turned it on: once a day, and at once when the browser has lost its address. A browser that
 * was taken off the list from elsewhere stays off it.
 */
export async function keepUp() {
  const { person, told, endpoint } = remembered();
  if (viewer === null || person !== viewer || !("Notification" in window) || Notification.permission !== "granted") return;
  const registration = await worker();
  if (!registration?.pushManager) return;
  const found = await registration.pushManager.getSubscription();
  if (found && found.endpoint === endpoint && Date.now() - told < TELL_AGAIN_MS) return;
  try {
    const { now, status } = await subscribe(registration, endpoint);
    if (status !== CONFLICT) return;
    await now.unsubscribe();
    remember(null);
  } catch {
    /* no connection, or the push service does not answer: the next page tries again */
  }
}
