// Finding exercises. On the library's page the form is asked while it is being filled in: the same address is fetched that
// the form would open, and its results are put in place, so that there is one way to search, the server's. In the plan
// editor, lines that do not fit the words are hidden; what is ticked always stays.
const WAIT_MS = 250;

const plain = (words) => words.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

class Finder {
  #form;
  #results = document.getElementById("finder-results");
  #count = document.getElementById("finder-count");
  #waiting = 0;
  #asked = null;

  constructor(form) {
    this.#form = form;
    form.addEventListener("input", () => this.#soon());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      form.querySelector("details").open = false;
      this.#ask().then(() => this.#count.focus());
    });
    this.#results.addEventListener("click", (event) => this.#takeAway(event));
  }

  get #address() {
    const asked = new URLSearchParams(new FormData(this.#form));
    if (!asked.get("q")?.trim()) asked.delete("q");
    const question = asked.toString();
    return this.#form.action + (question ? `?${question}` : "");
  }

  #soon() {
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => this.#ask(), WAIT_MS);
  }

  async #ask() {
    clearTimeout(this.#waiting);
    const address = this.#address;
    this.#asked?.abort();
    this.#asked = new AbortController();
    try {
      const response = await fetch(address, { signal: this.#asked.signal, headers: { Accept: "text/html" } });
      if (!response.ok || response.redirected) throw new Error(String(response.status));
      this.#show(new DOMParser().parseFromString(await response.text(), "text/html"));
      history.replaceState(null, "", address);
    } catch (error) {
      // Asked again meanwhile: the newer question answers. Otherwise the browser asks, and says what is wrong.
      if (error.name !== "AbortError") location.assign(address);
    }
  }

  /** Cards that are there already stay as they are: their figures need no second drawing. */
  #show(page) {
    const results = page.getElementById("finder-results");
    const cards = new Map([...this.#results.querySelectorAll("[data-exercise]")].map((card) => [card.dataset.exercise, card]));
    for (const card of results.querySelectorAll("[data-exercise]")) {
      const known = cards.get(card.dataset.exercise);
      if (known) card.replaceWith(known);
    }
    this.#results.replaceChildren(...results.childNodes);
    const said = page.getElementById("finder-count").textContent;
    if (this.#count.textContent !== said) this.#count.textContent = said;
  }

  #takeAway(event) {
    const link = event.target.closest("a[data-question]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const { question, value } = link.dataset;
    const boxes = [...this.#form.querySelectorAll('input[type="checkbox"]')];
    for (const box of boxes) if (question === "all" || (box.name === question && box.value === value)) box.checked = false;
    if (question === "all" || question === "words") this.#form.elements.q.value = "";
    this.#ask().then(() => this.#count.focus());
  }
}

/** The words of the plan editor's picker; `data-words` of a line is what can be found in it. */
function wirePicker(picker) {
  const field = picker.querySelector("input[type=search]");
  const count = picker.querySelector("[role=status]");
  const lines = [...document.querySelectorAll("[data-words]")];
  picker.hidden = false;
  const fits = (line, words) => words.every((word) => line.dataset.plain.includes(word));
  for (const line of lines) line.dataset.plain = plain(line.dataset.words);
  const look = () => {
    const words = plain(field.value).split(/\s+/).filter(Boolean);
    for (const line of lines) line.hidden = !fits(line, words) && !line.querySelector(".line-included").checked;
    for (const group of document.querySelectorAll(".line-group")) {
      group.hidden = [...group.querySelectorAll("[data-words]")].every((line) => line.hidden);
    }
    const found = lines.filter((line) => fits(line, words)).length;
    count.textContent = words.length ? count.dataset.found.replace("{n}", String(found)) : "";
  };
  field.addEventListener("input", look);
  // Enter looks, it does not save the plan.
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
}

for (const form of document.querySelectorAll("form[data-finder]")) new Finder(form);
document.querySelectorAll("[data-picker]").forEach(wirePicker);
