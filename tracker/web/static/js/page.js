// What every page does: tells about waiting sets and sends them, and brings figures, charts and small conveniences to life
// where a page has them. Each is loaded only where it is needed.
import { startOutbox } from "./outbox_status.js";

const needs = [
  ["exercise-figure", () => import("./figure.js")],
  ["figure.chart[data-spec]", () => import("./chart.js")],
  ["[data-beads]", () => import("./beads.js")],
  ["form[data-morning]", () => import("./morning_row.js")],
];

/** A select of time zones starts at this device's, where it knows that one. */
function guessZone(select) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if ([...select.options].some((option) => option.value === zone)) select.value = zone;
}

/** A button that copies a read-only field, such as an invitation link. Says so in its own label for a moment. */
function wireCopy(button) {
  const field = document.querySelector(button.dataset.copyFrom);
  if (!field) return;
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      return; // without permission or encryption: the text is selected, ready to be copied by hand
    }
    const label = button.textContent;
    button.textContent = button.dataset.copied || label;
    setTimeout(() => {
      button.textContent = label;
    }, 2000);
  });
}

for (const [selector, load] of needs) {
  if (document.querySelector(selector)) load();
}
document.querySelectorAll("select[data-guess-zone]").forEach(guessZone);
document.querySelectorAll("button[data-copy-from]").forEach(wireCopy);
startOutbox();

// Minutes at the desk that a closed tab has left behind go out wherever the person turns up next.
try {
  const viewer = document.querySelector('meta[name="viewer-id"]')?.content;
  // Tells the tabs that are open whom this browser belongs to now: a page that watches stops when it is another one's.
  localStorage.setItem("rhomboid.viewer", viewer ?? "");
  const waits = viewer && localStorage.getItem("rhomboid.desk.waits") === viewer;
  // The watching page sends them itself, and knows which minute is still running.
  if (waits && !document.getElementById("desk")) import("./posture_outbox.js").then(({ flush }) => flush());
} catch {
  /* this browser keeps nothing, so nothing waits */
}
