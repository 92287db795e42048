// How urgent an answer to the red-flag questions is, on the device, so that the emergency screen needs no connection. The
// same rule as tracker/diary/rules_flags.py, with the questions and levels that the page brings from there; a browser test
// compares the two over all answers. The server decides again, and finally.
//
// An answer is {answer: "no" | "new" | "checked", detail: true | false | null}.

export const STEADY = 0;
export const REVIEW = 2;
export const URGENT = 3;
export const EMERGENCY = 4;

const INJURY = "E_TRAUMA"; // asked with "checked": an emergency unless it is older than 14 days as well

export function levelOf(code, flag, { answer, detail = null }) {
  if (answer === "no") return STEADY;
  if (code === INJURY && answer === "checked") return detail === true ? REVIEW : EMERGENCY;
  let level = flag.new;
  if (typeof flag.level_then === "number" && detail !== null && detail === flag.detail_is) level = flag.level_then;
  return answer === "checked" ? Math.min(level, flag.checked) : level;
}

/** The level of every answer that says yes, by code. `flags`: the questions by code; `band`: {code, with}: that one is an
 *  emergency together with any of `with` that is one. */
export function levelsOf(flags, band, answers) {
  const found = new Map();
  for (const [code, given] of Object.entries(answers)) {
    const level = levelOf(code, flags[code], given);
    if (level > STEADY) found.set(code, level);
  }
  if (found.has(band.code) && band.with.some((code) => found.get(code) === EMERGENCY)) found.set(band.code, EMERGENCY);
  return found;
}

export const highest = (levels) => Math.max(STEADY, ...levels.values());
