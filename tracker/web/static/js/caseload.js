// The list of patients: rows open in place without a new page, words to begin a message with are filled in, and single
// keys move and act. Without this module every one of these is a link or a form and works all the same.
const table = document.querySelector("[data-caseload]");
const SWITCH = "rhomboid.caseload.keys";

/** Words that were chosen go into the message, unless something else was written there. */
function wireBegins(root) {
  for (const form of root.querySelectorAll("form[data-begins]")) {
    const text = form.querySelector("textarea");
    let filled = "";
    form.querySelector("[data-begin]")?.addEventListener("change", (event) => {
      if (text.value.trim() && text.value !== filled) return;
      filled = event.target.value;
      text.value = filled;
      text.focus();
    });
  }
}

/** Show what the server says this row looks like now, opened or closed. */
async function toggle(link) {
  const here = link.closest("tr");
  let answer;
  try {
    answer = await fetch(link.href, { headers: { Accept: "text/html" } });
  } catch {
    location.assign(link.href);
    return;
  }
  const there = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = there.getElementById(here.id);
  if (!answer.ok || answer.redirected || !fresh) {
    location.assign(link.href);
    return;
  }
  table.querySelectorAll("tr.opened").forEach((row) => row.remove());
  for (const row of table.querySelectorAll("tr.is-open")) {
    if (row !== here) row.replaceWith(document.adoptNode(there.getElementById(row.id) ?? row));
  }
  const placed = document.adoptNode(fresh);
  here.replaceWith(placed);
  const opened = there.querySelector("tr.opened");
  if (opened) placed.after(document.adoptNode(opened));
  history.replaceState(null, "", link.href);
  wireBegins(table);
  placed.querySelector("[data-open]").focus();
  stand(placed);
}

const rows = () => [...table.querySelectorAll("tr[data-row]")];
const current = () => table.querySelector("tr.is-here") ?? document.activeElement?.closest?.("tr[data-row]");

/** Mark a row as the one that keys are about. */
function stand(row) {
  table.querySelectorAll("tr.is-here").forEach((each) => each.classList.remove("is-here"));
  row.classList.add("is-here");
}

function move(by) {
  const all = rows();
  const at = all.indexOf(current());
  const next = all[Math.min(Math.max(at + by, 0), all.length - 1)];
  stand(next);
  next.querySelector("[data-open]").focus();
  next.scrollIntoView({ block: "nearest" });
}

/** The row that keys act upon, opened; null where there is none. */
async function opened() {
  const row = current() ?? rows()[0];
  if (!row) return null;
  if (!row.classList.contains("is-open")) await toggle(row.querySelector("[data-open]"));
  return table.querySelector("tr.opened");
}

const KEYS = {
  j: () => move(1),
  ArrowDown: () => move(1),
  k: () => move(-1),
  ArrowUp: () => move(-1),
  o: () => {
    const row = current();
    if (row) toggle(row.querySelector("[data-open]"));
  },
  a: async () => (await opened())?.querySelector('[data-key="a"]')?.click(),
  m: async () => {
    const details = (await opened())?.querySelector('[data-key-open="m"]');
    if (!details) return;
    details.open = true;
    details.querySelector("textarea").focus();
  },
  e: () => {
    const row = current();
    if (row) location.assign(row.dataset.plan);
  },
  "/": () => document.getElementById("q")?.focus(),
  "?": () => document.querySelector("[data-shortcuts] dialog").showModal(),
};

function kept() {
  try {
    return localStorage.getItem(SWITCH) !== "off";
  } catch {
    return true;
  }
}

function wireKeys() {
  const box = document.querySelector("[data-shortcuts]");
  if (!box) return;
  const choice = box.querySelector("[data-shortcuts-on]");
  choice.checked = kept();
  box.hidden = false;
  box.querySelector("[data-shortcuts-help]").addEventListener("click", KEYS["?"]);
  choice.addEventListener("change", () => {
    try {
      localStorage.setItem(SWITCH, choice.checked ? "on" : "off");
    } catch {
      /* this browser keeps nothing: the choice holds for this page */
    }
  });
  document.addEventListener("keydown", (event) => {
    const writing = event.target.closest?.("input, textarea, select, dialog, [contenteditable]");
    if (writing || event.ctrlKey || event.metaKey || event.altKey || !choice.checked) return;
    const work = KEYS[event.key];
    if (!work) return;
    event.preventDefault();
    work();
  });
}

if (table) {
  table.addEventListener("click", (event) => {
    const link = event.target.closest("[data-open]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    toggle(link);
  });
  wireBegins(table);
  wireKeys();
}
