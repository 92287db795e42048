// What works while no page of ours is open: notices that arrive by push, and an answer when there is no connection.
//
// The server puts one line in front of this file, `self.SHELL = {...}`: version, address of the offline page, what that
// page needs, pictures and neutral sentences. No page of a person and no answer of the server is ever kept here: only
// the offline page, which is the same for everybody, and public files. A push carries no health content; without a
// readable one a neutral sentence is shown, because a browser takes push away from a page that shows nothing.

const SHELL = self.SHELL;
const KEPT = `rhomboid-shell-${SHELL.version}`;
const KEPT_BEFORE = /^rhomboid-shell-/;

const ANSWERS = ["snooze", "not_today"];

// Pages that may be left without losing anything: a notice may take their tab.
const MAY_BE_LEFT = ["/today", "/notices", "/progress", "/sessions", "/patients", "/alerts", "/reminders"];

// ---------------------------------------------------------------------------------------------- without a connection

self.addEventListener("install", (event) => {
  // The files have addresses that change with their content; only the page must be asked for anew.
  const offlinePage = new Request(SHELL.offline, { credentials: "omit", cache: "reload" });
  const requests = [offlinePage, ...SHELL.files.map((url) => new Request(url, { credentials: "omit" }))];
  event.waitUntil(caches.open(KEPT).then((cache) => cache.addAll(requests)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      const names = await caches.keys();
      await Promise.all(names.filter((name) => KEPT_BEFORE.test(name) && name !== KEPT).map((name) => caches.delete(name)));
      // The page is asked for while this worker still starts.
      await self.registration.navigationPreload?.enable();
      await self.clients.claim();
    })(),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") {
    event.respondWith(page(event));
    return;
  }
  const { origin, pathname } = new URL(request.url);
  if (origin === self.location.origin && SHELL.files.includes(pathname)) event.respondWith(kept(request));
});

/** The network's page; only when there is no network, the offline page. What the server answers is never kept. */
async function page(event) {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request));
  } catch {
    const cache = await caches.open(KEPT);
    return (await cache.match(SHELL.offline)) ?? Response.error();
  }
}

/** A public file, whose address changes with its content. */
async function kept(request) {
  const cache = await caches.open(KEPT);
  return (await cache.match(request, { ignoreVary: true })) ?? fetch(request);
}

// ---------------------------------------------------------------------------------------------- notices

self.addEventListener("push", (event) => {
  event.waitUntil(show(read(event.data)));
});

function read(data) {
  try {
    const found = data?.json();
    return found && typeof found === "object" ? found : {};
  } catch {
    return {};
  }
}

function words(value, fallback) {
  return typeof value === "string" && value.trim() ? value : fallback;
}

async function show(notice) {
  const answers = words(notice.actions_url, "");
  const options = {
    body: words(notice.body, SHELL.texts.body),
    tag: words(notice.tag, "rhomboid"),
    icon: SHELL.icon,
    badge: SHELL.badge,
    lang: words(notice.lang, SHELL.lang),
    data: { url: words(notice.url, SHELL.notices), answers },
    actions: answers ? ANSWERS.map((action) => ({ action, title: SHELL.texts[action] })) : [],
    // The same thing again makes no second sound, except when it is urgent.
    renotify: notice.urgent === true,
    requireInteraction: notice.urgent === true,
  };
  await self.registration.showNotification(words(notice.title, SHELL.texts.title), options);
  await tellPages({ type: "notices-changed" });
}

async function tellPages(message) {
  const pages = await self.clients.matchAll({ type: "window" });
  for (const each of pages) each.postMessage(message);
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(answer(event.action, event.notification.data ?? {}));
});

async function answer(action, data) {
  if (!data.answers || !ANSWERS.includes(action)) {
    await openPage(data.url);
    return;
  }
  const url = address(data.answers);
  if (await sendAnswer(action, url)) {
    await tellPages({ type: "notices-changed" });
    return;
  }
  // Without a connection nothing has been put off: say so where a second try is one tap away.
  await openPage(url.href);
}

/** Put a notice off. The form token comes first: a request that changes something needs one, also from here. */
async function sendAnswer(action, url) {
  const how = { credentials: "same-origin", redirect: "error", signal: AbortSignal.timeout(20000) };
  try {
    const asked = await fetch(url, { ...how, headers: { Accept: "application/json" } });
    if (!asked.ok) return false;
    const { csrf } = await asked.json();
    const sent = await fetch(url, {
      ...how,
      method: "POST",
      headers: { Accept: "application/json", "X-CSRF-Token": csrf },
      body: new URLSearchParams({ action }),
    });
    return sent.ok;
  } catch {
    return false;
  }
}

/** Where a notice leads, if that is a page of ours; the list of notices otherwise. */
function address(url) {
  const home = new URL(self.registration.scope);
  try {
    const wanted = new URL(url ?? SHELL.notices, home);
    if (wanted.origin === home.origin && wanted.pathname.startsWith(home.pathname)) return wanted;
  } catch {
    /* not an address */
  }
  return new URL(SHELL.notices, home);
}

/** The tab that shows it already; else one that can be taken without losing anything; else a new one. */
async function openPage(url) {
  const wanted = address(url);
  const root = new URL(self.registration.scope).pathname.replace(/\/$/, "");
  const tabs = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = tabs.find((tab) => new URL(tab.url).pathname === wanted.pathname);
  if (there) return there.focus();
  const free = tabs.find((tab) => {
    const path = new URL(tab.url).pathname.slice(root.length);
    return MAY_BE_LEFT.some((start) => path === start);
  });
  if (free) {
    try {
      const moved = await free.navigate(wanted.href);
      return await (moved ?? free).focus();
    } catch {
      /* a tab from before this worker: it cannot be moved */
    }
  }
  return self.clients.openWindow(wanted.href);
}

// The browser has changed its address for pushes: tell the server, if somebody is signed in here. The old address goes
// along: the server refuses when it was another person's. Where this fails, the next page they open mends it (push.js).
self.addEventListener("pushsubscriptionchange", (event) => {
  if (event.oldSubscription) event.waitUntil(renew(event.oldSubscription, event.newSubscription).catch(() => {}));
});

async function renew(before, after) {
  const how = { credentials: "same-origin", headers: { Accept: "application/json" } };
  const [key, token] = await Promise.all([fetch(SHELL.push_key, how), fetch(SHELL.csrf_token, how)]);
  if (!key.ok || !token.ok) return;
  const applicationServerKey = (await key.json()).key;
  const now = after ?? (await self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey }));
  await fetch(SHELL.subscriptions, {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": (await token.json()).token },
    body: JSON.stringify({ ...now.toJSON(), old_endpoint: before.endpoint }),
  });
}
