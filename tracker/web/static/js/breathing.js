// Two minutes of slow breath: a disc that grows and shrinks, and the words for it. Begun and ended by the reader. The
// growing is a CSS transition of the breath's own length, which reduced motion switches off; the words stay.
const MS_PER_S = 1000;

class Breathing {
  #root;
  #timer = 0;
  #breath = 0;

  constructor(root) {
    this.#root = root;
    this.#part("start").addEventListener("click", () => this.#begin());
    this.#part("end").addEventListener("click", () => this.#finish(this.#root.dataset.ready));
    root.hidden = false;
  }

  #part(name) {
    return this.#root.querySelector(`.${name}`);
  }

  #begin() {
    this.#breath = 0;
    this.#part("start").hidden = true;
    this.#part("end").hidden = false;
    this.#part("end").focus();
    this.#in();
  }

  #in() {
    const { breaths, inS, breatheIn, count } = this.#root.dataset;
    if (this.#breath === Number(breaths)) {
      this.#finish(this.#root.dataset.over);
      return;
    }
    this.#breath += 1;
    this.#part("count").textContent = count.replace("{n}", this.#breath).replace("{all}", breaths);
    this.#phase("in", breatheIn, Number(inS), () => this.#out());
  }

  #out() {
    const { outS, breatheOut } = this.#root.dataset;
    this.#phase("out", breatheOut, Number(outS), () => this.#in());
  }

  #phase(name, words, seconds, then) {
    this.#root.dataset.phase = name;
    this.#part("now").textContent = words;
    this.#timer = setTimeout(then, seconds * MS_PER_S);
  }

  #finish(words) {
    clearTimeout(this.#timer);
    const stopped = this.#part("end") === document.activeElement;
    delete this.#root.dataset.phase;
    this.#part("now").textContent = words;
    this.#part("count").textContent = "";
    this.#part("end").hidden = true;
    this.#part("start").hidden = false;
    if (stopped) this.#part("start").focus();
  }
}

document.querySelectorAll("[data-breathing]").forEach((root) => new Breathing(root));
