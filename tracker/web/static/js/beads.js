// The row of repetitions on the summary: a bead opens why it counted or did not, and corrects it with one tap.
// A correction is written to the outbox first, so it works without a connection.
import { flush, putCorrection, waitingCorrections } from "./outbox.js";
import { text } from "./texts.js";

function stateOf(bead, counted) {
  const engine = bead.dataset.engineCounted === "true";
  return counted !== engine ? "corrected" : engine ? "full" : "partial";
}

/** Show a bead as counted or not. The engine's own verdict stays readable below it. */
function show(bead, counted) {
  const state = stateOf(bead, counted);
  bead.dataset.counted = String(counted);
  bead.classList.toggle("partial", !counted);
  bead.classList.toggle("corrected", state === "corrected");
  const detail = document.getElementById(bead.getAttribute("aria-controls"));
  bead.querySelector(".bead-state").textContent = text(state === "corrected" ? `beads.corrected_${counted}` : `beads.${counted}`);
  detail.querySelector("[data-verdict]").textContent =
    state === "corrected" ? text(`beads.corrected_${counted}`) : detail.dataset.reason;
  detail.querySelector("[data-correct]").textContent = text(
    state === "corrected" ? "beads.take_back" : counted ? "beads.not_counted" : "beads.did_count",
  );
  recount(bead.closest("[data-beads]"));
}

function recount(row) {
  const output = document.getElementById(row.dataset.count);
  if (!output) return;
  const beads = [...row.querySelectorAll(".bead")];
  const engine = beads.filter((bead) => bead.dataset.engineCounted === "true").length;
  const now = beads.filter((bead) => bead.dataset.counted === "true").length;
  output.textContent = String(Number(output.dataset.engine) + now - engine);
}

function open(bead) {
  const row = bead.closest("[data-beads]");
  for (const other of row.querySelectorAll(".bead")) {
    const opened = other === bead && bead.getAttribute("aria-expanded") !== "true";
    other.setAttribute("aria-expanded", String(opened));
    document.getElementById(other.getAttribute("aria-controls")).hidden = !opened;
  }
}

async function correct(bead) {
  const wanted = bead.dataset.counted !== "true";
  show(bead, wanted);
  // Back to what the engine said is no correction any more.
  const stored = String(wanted) === bead.dataset.engineCounted ? null : wanted;
  await putCorrection(bead.dataset.id, bead.dataset.url, stored);
  flush();
}

async function wire() {
  const waiting = await waitingCorrections();
  for (const row of document.querySelectorAll("[data-beads]")) {
    for (const bead of row.querySelectorAll(".bead")) {
      bead.addEventListener("click", () => open(bead));
      const detail = document.getElementById(bead.getAttribute("aria-controls"));
      detail.querySelector("[data-correct]")?.addEventListener("click", () => correct(bead));
      if (waiting.has(bead.dataset.id)) {
        const wanted = waiting.get(bead.dataset.id);
        show(bead, wanted ?? bead.dataset.engineCounted === "true");
      }
    }
  }
}

wire();
