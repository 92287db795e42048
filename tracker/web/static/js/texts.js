// Sentences for scripts. They come with the page (JSON blocks), so that the server's catalogue translates them; a script
// never holds one itself.

function block(id) {
  const element = document.getElementById(id);
  return element ? JSON.parse(element.textContent) : {};
}

const texts = { ...block("shared-texts"), ...block("texts") };

/** The sentence for a key, with {name} replaced by values. An unknown key is shown as it is: visible, never blank. */
export function text(key, values = {}) {
  const sentence = texts[key] ?? key;
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** The sentence for a key, or the fallback when the page brings none. */
export function textOr(key, fallback) {
  return key in texts ? text(key) : fallback;
}

/** The data a page hands to its script in a JSON block. */
export function pageData(id) {
  return block(id);
}

export const assets = { ...block("shared-assets"), ...block("assets") };

const language = document.documentElement.lang || "en";

/** A number as the page's language writes it. */
export function number(value, digits = 0) {
  return new Intl.NumberFormat(language, { maximumFractionDigits: digits, minimumFractionDigits: 0 }).format(value);
}

/** Dates and times as the server writes them: the day before the month, twenty-four hours. */
export function dateFormat(how) {
  return new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { hourCycle: "h23", ...how });
}

/** Seconds as m:ss. */
export function clockTime(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
