// The page that is shown without a connection: the emergency number this browser last knew, and back to where one was
// going as soon as there is a connection again.
const KEPT = "rhomboid-numbers";
const ASK_EVERY_MS = 3000;

async function numbers() {
  try {
    const cache = await caches.open(KEPT);
    return await (await cache.match("numbers"))?.json();
  } catch {
    return null; // nothing kept: the general numbers stay
  }
}

const found = await numbers();
for (const which of ["emergency", "urgent"]) {
  const line = document.querySelector(`[data-number="${which}"]`);
  const number = found?.[which];
  if (!line || !number?.text) continue;
  line.querySelector("[data-general]")?.remove();
  const link = line.querySelector("a");
  link.textContent = link.dataset.call.replace("{number}", number.text);
  if (number.tel) link.href = `tel:${number.tel}`;
  else link.removeAttribute("href");
  line.hidden = false;
}

// Whoever was on the way to help sees the number first.
if (/\/help(\/|$)/.test(window.location.pathname)) {
  document.querySelector("h1").after(document.querySelector("section"));
}

// Only where the worker put this page in another one's place; the page itself may be looked at.
const own = document.documentElement.dataset.path;

// A browser may call itself online all the time while the server cannot be reached, and some do in a page that was opened
// without a connection. So the server is asked as well; the worker leaves such a question to the network.
async function goOn() {
  try {
    await fetch(own, { method: "HEAD", cache: "no-store" });
    window.location.reload();
  } catch {
    window.setTimeout(goOn, ASK_EVERY_MS);
  }
}

if (window.location.pathname !== own) {
  window.addEventListener("online", () => window.location.reload());
  window.setTimeout(goOn, ASK_EVERY_MS);
}
