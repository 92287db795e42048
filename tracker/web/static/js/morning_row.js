// The question of the morning after, on Today: one tap, written to the outbox, and the row says thank you where it stood.
import { newId } from "./ids.js";
import { flush, putCheckIn } from "./outbox.js";

function localDate({ dataset }) {
  if (dataset.localDate) return dataset.localDate;
  const now = new Date();
  return [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
}

async function answer(form, pain) {
  await putCheckIn({
    id: newId(),
    entry_id: newId(),
    form: "morning",
    local_date: localDate(form),
    answered_at: new Date().toISOString(),
    source: "page",
    session_id: form.dataset.morning,
    note: null,
    answers: { pain: Number(pain) },
  });
  const thanks = document.createElement("p");
  thanks.className = "told";
  thanks.tabIndex = -1;
  thanks.setAttribute("role", "status");
  thanks.textContent = form.dataset.thanks;
  form.replaceWith(thanks);
  thanks.focus();
  flush();
}

for (const form of document.querySelectorAll("form[data-morning]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    answer(form, event.submitter.value);
  });
}
