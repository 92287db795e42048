// One kind line about what waits to be sent, and the sending itself, on every page of a patient.
import { flush, onChange, startSending } from "./outbox.js";
import { assets, text } from "./texts.js";

function sentence(state) {
  if (state.keepsNothing && state.entries) return text(state.checkIns ? "outbox.check_in_no_storage" : "outbox.no_storage");
  if (state.checkIns && state.sets) return text("outbox.both");
  if (state.checkIns) return text(state.checkIns === 1 ? "outbox.check_in" : "outbox.check_ins", { n: state.checkIns });
  const what = state.sets === 0 ? "outbox.change" : state.sets === 1 ? "outbox.one" : "outbox.many";
  return text(what, { n: state.sets });
}

function advice({ problem }) {
  if (!navigator.onLine) return text("outbox.offline");
  if (problem?.kind === "sign_in") return text("outbox.sign_in");
  if (problem?.kind === "refused") {
    const what = problem.about === "check_in" ? "outbox.refused_check_in" : "outbox.refused";
    return `${text(what)} ${problem.sentence}`.trim();
  }
  if (problem?.kind === "offline") return text("outbox.offline");
  return "";
}

function iconOf(name) {
  const home = document.querySelector("svg.icon use")?.getAttribute("href")?.split("#")[0] ?? "";
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${home}#${name}`);
  svg.append(use);
  return svg;
}

function show(element, state) {
  const waiting = state.entries > 0;
  element.hidden = !waiting;
  if (!waiting) return;
  const trouble = ["refused", "sign_in"].includes(state.problem?.kind);
  element.classList.toggle("trouble", trouble);
  const words = document.createElement("p");
  words.textContent = [sentence(state), advice(state)].filter(Boolean).join(" ");
  element.replaceChildren(iconOf(trouble ? "alert" : "cloud"), words);
  if (state.problem?.kind === "sign_in") {
    const link = document.createElement("a");
    link.href = assets.sign_in;
    link.className = "btn btn-secondary btn-sm";
    link.textContent = text("outbox.sign_in_link");
    element.append(link);
  } else if (state.problem) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-secondary btn-sm";
    button.textContent = text("outbox.retry");
    button.addEventListener("click", () => flush({ force: true }));
    element.append(button);
  }
}

/** Show the line where the page has a place for it, and start sending. */
export function startOutbox() {
  const element = document.getElementById("outbox-status");
  if (element) onChange((state) => show(element, state));
  startSending();
}
