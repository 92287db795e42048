// The page of reminders: notices in this browser, and fields that are only asked for where they matter. Without this
// script everything but the push itself can be set: all fields are simply there.
import { fingerprint, state, turnOff, turnOn } from "./push.js";
import { text } from "./texts.js";

const push = document.querySelector("[data-push]");

/** What this browser is, as the server knows it: one that was taken off the list here or elsewhere gives up itself. */
async function agreedState() {
  const now = await state();
  const mine = await fingerprint().catch(() => null);
  const listed = document.querySelector(`[data-fingerprint="${mine}"]`) !== null;
  if (now !== "on" || listed) return { now, mine };
  await turnOff();
  return { now: await state(), mine: null };
}

async function drawPush(outcome = null) {
  const { now, mine } = await agreedState();
  const words = push.querySelector("[data-push-state]");
  const on = push.querySelector("[data-push-on]");
  const off = push.querySelector("[data-push-off]");
  const sentence = { dismissed: "push.dismissed", failed: "push.failed" }[outcome] ?? `push.${now}`;
  words.textContent = text(sentence);
  words.dataset.state = now;
  on.hidden = !["off", "another"].includes(now);
  off.hidden = now !== "on";
  document.querySelectorAll("[data-fingerprint]").forEach((line) => {
    line.querySelector("[data-this-one]").hidden = line.dataset.fingerprint !== mine;
  });
  return now;
}

/** The list of browsers is the server's: show it anew. */
function loadAgain() {
  window.history.replaceState(null, "", "#browsers");
  window.location.reload();
}

function wirePush() {
  const on = push.querySelector("[data-push-on]");
  const off = push.querySelector("[data-push-off]");
  on.addEventListener("click", async () => {
    on.disabled = true;
    const outcome = await turnOn();
    on.disabled = false;
    if (outcome === "on") loadAgain();
    else await drawPush(outcome);
  });
  off.addEventListener("click", async () => {
    off.disabled = true;
    await turnOff();
    loadAgain();
  });
  drawPush();
}

/** An empty time is only in the way until somebody wants one more. */
function wireTimes(group) {
  const add = group.querySelector("[data-add-time]");
  if (!add) return;
  const spare = () => [...group.querySelectorAll("[data-spare]")].filter((each) => each.hidden);
  group.querySelectorAll("[data-spare]").forEach((each) => {
    each.hidden = each.querySelector("input").value === "";
  });
  add.hidden = spare().length === 0;
  add.addEventListener("click", () => {
    const [next] = spare();
    next.hidden = false;
    next.querySelector("input").focus();
    add.hidden = spare().length === 0;
  });
}

if (push) wirePush();
document.querySelectorAll("[data-times]").forEach(wireTimes);
