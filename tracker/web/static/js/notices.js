// The bell on every page: how many notices wait, a panel with them, and what can be done with each. Asks the server once
// a minute, only while the page is looked at. Without this script the bell is a link to the page with the same list.
//
// Also what a page does for the time without a connection: it starts the worker and leaves it the emergency number of
// the person (never anything about their health); a page on which nobody is signed in takes it away again.
import { keepUp, worker } from "./push.js";
import { dateFormat, pageData, text } from "./texts.js";

const EVERY_MS = 60 * 1000;
const NOT_SOONER_MS = 20 * 1000;
const WIDE = window.matchMedia("(min-width: 768px)");
const KEPT = "rhomboid-numbers";
const KEPT_ZONE = "rhomboid.zone";

const urls = pageData("reminder-urls");
const viewer = document.querySelector('meta[name="viewer-id"]')?.content ?? null;
const bell = document.querySelector("[data-bell]");
const panel = document.querySelector("[data-notices-panel]");
const says = document.querySelector("[data-notices-say]");
const toast = document.querySelector("[data-notices-toast]");

// ---------------------------------------------------------------------------------------------- the emergency number

async function keepNumbers() {
  if (!("caches" in window)) return;
  const numbers = viewer ? pageData("help-numbers") : {};
  if (!numbers.emergency) {
    if (!viewer) await caches.delete(KEPT);
    return;
  }
  const cache = await caches.open(KEPT);
  await cache.put("numbers", new Response(JSON.stringify(numbers), { headers: { "Content-Type": "application/json" } }));
}

// ---------------------------------------------------------------------------------------------- the bell

let known = new Set((bell?.dataset.known ?? "").split(" ").filter(Boolean));
let asked = Date.now();
let stopped = false;

function lists() {
  return document.querySelectorAll("[data-notices-list]");
}

/** Say it to whoever cannot see the number change. */
function say(sentence) {
  if (!says) return;
  says.textContent = "";
  // Emptied first: the same sentence twice would not be read out again.
  requestAnimationFrame(() => {
    says.textContent = sentence;
  });
}

function showCount(count) {
  const badge = bell.querySelector("[data-bell-count]");
  badge.textContent = count > 9 ? "9+" : String(count);
  badge.hidden = count === 0;
  bell.querySelector("[data-bell-words]").textContent =
    count === 0 ? text("notices.none") : count === 1 ? text("notices.one") : text("notices.many", { n: count });
}

function showToast(notice) {
  if (!toast || !notice.urgent) return;
  toast.querySelector("[data-toast-words]").textContent = notice.title;
  toast.querySelector("a").href = notice.path;
  toast.hidden = false;
}

function show(answer, { quiet = false } = {}) {
  showCount(answer.count);
  for (const list of lists()) {
    // Rendered by our own templates, which escape; drawn anew only when something has changed, so that a focus stays.
    if (list.dataset.state !== answer.state) {
      list.innerHTML = answer.html;
      list.dataset.state = answer.state;
    }
  }
  const fresh = answer.notices.filter(({ id }) => !known.has(id));
  known = new Set(answer.notices.map(({ id }) => id));
  if (quiet || !fresh.length) return;
  fresh.forEach(showToast);
  say(fresh.length === 1 ? text("notices.new_one", { title: fresh[0].title }) : text("notices.new_many", { n: fresh.length }));
}

async function ask(options) {
  if (stopped) return;
  asked = Date.now();
  let response;
  try {
    response = await fetch(urls.notices, { headers: { Accept: "application/json" }, redirect: "manual" });
  } catch {
    return; // no connection: the next minute will do
  }
  if (response.status === 401 || response.type === "opaqueredirect") stopped = true;
  if (response.ok) show(await response.json(), options);
}

function askWhileLookedAt() {
  setInterval(() => {
    if (document.visibilityState === "visible") ask();
  }, EVERY_MS);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && Date.now() - asked > NOT_SOONER_MS) ask();
  });
  navigator.serviceWorker?.addEventListener("message", (event) => {
    if (event.data?.type === "notices-changed") ask();
  });
}

// ---------------------------------------------------------------------------------------------- the panel

function wirePanel() {
  if (!panel || !("popover" in HTMLElement.prototype)) return;
  bell.setAttribute("aria-expanded", "false");
  bell.setAttribute("aria-controls", panel.id);
  let closedByClick = false;
  // A click on the bell closes an open panel before it arrives; it must not open it again.
  bell.addEventListener("pointerdown", () => {
    closedByClick = panel.matches(":popover-open");
  });
  bell.addEventListener("click", (event) => {
    const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (!WIDE.matches || !plain) return;
    event.preventDefault();
    if (closedByClick) {
      closedByClick = false;
      panel.hidePopover();
    } else panel.togglePopover();
  });
  bell.addEventListener("keydown", (event) => {
    if (event.key !== " ") return;
    event.preventDefault();
    bell.click();
  });
  panel.addEventListener("toggle", (event) => {
    const open = event.newState === "open";
    bell.setAttribute("aria-expanded", String(open));
    if (!open) return;
    panel.querySelector("h2").focus();
    ask({ quiet: true });
  });
}

async function send(form, submitter) {
  const body = new FormData(form);
  if (submitter?.name) body.set(submitter.name, submitter.value);
  // Not form.action: that is the button of this name.
  const response = await fetch(form.getAttribute("action"), { method: "POST", body, headers: { Accept: "application/json" } });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error ?? "");
  return answer;
}

/** Put off or dismissed without leaving the page. "Do it now" leaves it, as a form does. */
function wireActions() {
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.matches("[data-notice-form]")) return;
    if (!event.submitter || event.submitter.value === "open") return;
    event.preventDefault();
    const place = form.closest("[data-notices-place]");
    try {
      const answer = await send(form, event.submitter);
      show(answer, { quiet: true });
      say(answer.says);
      tell(place, answer.says);
      place?.querySelector("[data-notices-title]")?.focus();
    } catch {
      say(text("notices.failed"));
      tell(place, text("notices.failed"));
    }
  });
  toast?.querySelector("button").addEventListener("click", () => {
    toast.hidden = true;
  });
}

function tell(place, sentence) {
  const line = place?.querySelector("[data-notices-told]");
  if (!line) return;
  line.textContent = sentence;
  line.hidden = false;
}

// ---------------------------------------------------------------------------------------------- on a journey

function clockIn(zone, at) {
  return new Intl.DateTimeFormat("en-GB", { timeZone: zone, dateStyle: "short", timeStyle: "short" }).format(at);
}

function clockTime(at) {
  return dateFormat({ hour: "2-digit", minute: "2-digit" }).format(at);
}

/** Whether two zones show the same time all year: then their names do not matter. */
function sameTime(one, other) {
  const now = Date.now();
  const month = 30.5 * 24 * 60 * 60 * 1000;
  return Array.from({ length: 12 }, (_, index) => new Date(now + index * month)).every(
    (at) => clockIn(one, at) === clockIn(other, at),
  );
}

function placeOf(zone) {
  return zone.split("/").pop().replace(/_/g, " ");
}

function kept(value) {
  try {
    if (value !== undefined) localStorage.setItem(KEPT_ZONE, value);
    return localStorage.getItem(KEPT_ZONE);
  } catch {
    return null;
  }
}

function wireZone(hint) {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const own = hint.dataset.zone;
  const refused = !("always" in hint.dataset) && kept() === `${own} ${here}`;
  try {
    if (!here || refused || here === own || sameTime(own, here)) return;
  } catch {
    return; // one of the two is unknown to this browser
  }
  const time = clockTime(new Date());
  const place = placeOf(here);
  hint.querySelector("[data-zone-words]").textContent = text("zone.hint", { place, time, own: placeOf(own) });
  hint.querySelector("[data-zone-use]").textContent = text("zone.use", { place });
  const keep = hint.querySelector("[data-zone-keep]");
  keep.textContent = text("zone.keep", { own: placeOf(own) });
  keep.addEventListener("click", () => {
    kept(`${own} ${here}`);
    hint.hidden = true;
    document.getElementById("content")?.focus();
  });
  hint.querySelector('input[name="zone"]').value = here;
  hint.hidden = false;
}

keepNumbers().catch(() => {});
document.querySelectorAll("[data-zone-hint]").forEach(wireZone);
if (viewer) {
  worker()
    .then(() => keepUp())
    .catch(() => {});
}
if (bell) {
  wirePanel();
  wireActions();
  askWhileLookedAt();
}
