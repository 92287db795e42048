// What the check-in form says, as the document that is stored. The form is the definition: `data-question` is the name of an
// answer, `data-kind` how it is read. What was not answered is left out; nothing is guessed and nothing has a default.
import { newId } from "./ids.js";

const WITH_EITHER = "yes"; // a detail that is asked after "new" and after "checked"

const field = (form, name) => [...form.elements].filter((element) => element.name === name);
const chosen = (form, name) => field(form, name).find((element) => element.checked)?.value;
const typed = (form, name) => field(form, name)[0]?.value.trim() ?? "";
const numberOf = (value) => (value === undefined || value === "" ? undefined : Number(value));
const yesNo = (value) => (value === undefined ? undefined : value === "yes");

/** Whether the detail of a red flag is asked after this answer. */
export function detailAsked(detail, answer) {
  const when = detail.dataset.detailWhen;
  return when === answer || (when === WITH_EITHER && ["new", "checked"].includes(answer));
}

/** The red flags that were opened and answered: {CODE: {answer, detail}}, "no" among them. `pending`: codes whose detail is
 *  asked and not yet answered. */
export function flagsOf(question) {
  const answers = {};
  const pending = [];
  for (const item of question.querySelectorAll("[data-flag]")) {
    const code = item.dataset.flag;
    const answer = item.querySelector(`[name="flag-${code}"]:checked`)?.value;
    if (!answer) continue;
    const detail = item.querySelector("[data-detail-when]");
    const asked = detail && detailAsked(detail, answer);
    const said = asked ? yesNo(item.querySelector(`[name="flag-${code}-detail"]:checked`)?.value) : undefined;
    answers[code] = { answer, detail: said ?? null };
    if (asked && said === undefined) pending.push(code);
  }
  return { answers, pending };
}

function marksOf(question) {
  return [...question.querySelectorAll("[data-spot-value]")]
    .filter((select) => select.value)
    .map((select) => ({ spot: select.dataset.spotValue, intensity: Number(select.value) }));
}

function medicinesOf(form, question) {
  return [...question.querySelectorAll("[data-medicine]")]
    .map(({ dataset: { medicine } }) => ({
      name: typed(form, `medicine-${medicine}-name`),
      days: numberOf(chosen(form, `medicine-${medicine}-days`)),
    }))
    .filter(({ name, days }) => name && days !== undefined);
}

function activitiesOf(form, question) {
  return [...question.querySelectorAll("[data-own-activity]")].map(({ dataset: { ownActivity } }) => {
    const [id] = field(form, `activity-${ownActivity}-id`);
    const words = typed(form, `activity-${ownActivity}-words`);
    if (words && !id.value) id.value = newId();
    return { id: id.value, words, score: numberOf(chosen(form, `activity-${ownActivity}-score`)) };
  });
}

const wordsOf = (activities) => activities.filter(({ words }) => words).map(({ id, words }) => ({ id, words }));

const scoresOf = (activities) =>
  activities.filter(({ score }) => score !== undefined).map(({ id, score }) => ({ id, score }));

const READ = {
  scale: (form, { dataset: { question } }) => numberOf(chosen(form, question)),
  choice: (form, { dataset: { question } }) => chosen(form, question),
  yes_no: (form, { dataset: { question } }) => yesNo(chosen(form, question)),
  multi: (form, { dataset: { question } }) => listOrNothing(field(form, question).filter((each) => each.checked).map((each) => each.value)),
  date: (form, { dataset: { question } }) => typed(form, question) || undefined,
  text: (form, { dataset: { question } }) => typed(form, question) || undefined,
  body_map: (_form, question) => listOrNothing(marksOf(question)),
  medicines: (form, question) => listOrNothing(medicinesOf(form, question)),
  activity_words: (form, question) => listOrNothing(wordsOf(activitiesOf(form, question))),
  activities: (form, question) => listOrNothing(scoresOf(activitiesOf(form, question))),
};

const listOrNothing = (list) => (list.length ? list : undefined);

/** The answer to one question, undefined where there is none. For red flags: whether the question is answered. */
export function answerOf(form, question) {
  const kind = question.dataset.kind;
  if (kind !== "flags") return READ[kind](form, question);
  const { answers } = flagsOf(question);
  const yes = Object.values(answers).some(({ answer }) => answer !== "no");
  return yes || chosen(form, "none_of_these") !== undefined || undefined;
}

/** All answers in the shape of tracker/diary/documents.py, and the free word apart from them. `questions`: those that are asked. */
export function answersOf(form, questions) {
  const answers = {};
  let note = null;
  for (const question of questions) {
    const { question: key, kind } = question.dataset;
    if (kind === "flags") {
      const given = Object.entries(flagsOf(question).answers).filter(([, { answer }]) => answer !== "no");
      if (!given.length && chosen(form, "none_of_these") === undefined) continue;
      answers.flags = Object.fromEntries(given);
      answers.none_of_these = given.length === 0;
      continue;
    }
    const value = answerOf(form, question);
    if (value === undefined) continue;
    if (key === "note") note = value;
    else if (key.startsWith("phq2-")) (answers.phq2 ??= [])[Number(key.slice(-1))] = Number(value);
    else answers[key] = value;
  }
  if (answers.phq2 && [0, 1].some((n) => answers.phq2[n] === undefined)) delete answers.phq2;
  return { answers, note };
}

/** Whether a question is asked, by what was answered before it. The PHQ-2 counts by its sum. */
export function isAsked(form, question) {
  const { onlyIf, onlyIfValue } = question.dataset;
  if (!onlyIf) return true;
  if (onlyIf === "phq2") return Number(chosen(form, "phq2-0") ?? 0) + Number(chosen(form, "phq2-1") ?? 0) >= Number(onlyIfValue);
  return chosen(form, onlyIf) === onlyIfValue;
}
