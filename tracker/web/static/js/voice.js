// What is heard: counts, cues and short tones. Everything said is also written on the page; mute is remembered.

const KEY = "rhomboid.muted";
const TONES = { tick: [660, 0.07], go: [880, 0.25], done: [784, 0.35] };

export class Voice {
  #muted = false;
  #audio = null;

  constructor(language) {
    this.language = language;
    try {
      this.#muted = localStorage.getItem(KEY) === "1";
    } catch {
      /* not remembered */
    }
  }

  get muted() {
    return this.#muted;
  }

  toggle() {
    this.#muted = !this.#muted;
    try {
      localStorage.setItem(KEY, this.#muted ? "1" : "0");
    } catch {
      /* for this page only */
    }
    if (this.#muted) window.speechSynthesis?.cancel();
    return this.#muted;
  }

  /** Call within a tap or key press: browsers start sound only then. */
  wake() {
    try {
      this.#audio ??= new AudioContext();
      this.#audio.resume().catch(() => {});
    } catch {
      this.#audio = null; // no sound on this device: the words are on the screen
    }
  }

  /** Says a sentence. `now` interrupts what is being said: a count must not come late; a cue waits its turn. */
  say(sentence, { now = false } = {}) {
    if (this.#muted || !window.speechSynthesis || !sentence) return;
    if (now) window.speechSynthesis.cancel();
    const words = new SpeechSynthesisUtterance(sentence);
    words.lang = this.language;
    words.rate = 1.05;
    window.speechSynthesis.speak(words);
  }

  tone(name) {
    if (this.#muted || !this.#audio) return;
    const [frequency, seconds] = TONES[name];
    const at = this.#audio.currentTime;
    const source = this.#audio.createOscillator();
    const level = this.#audio.createGain();
    source.frequency.value = frequency;
    level.gain.setValueAtTime(0.0001, at);
    level.gain.exponentialRampToValueAtTime(0.18, at + 0.01);
    level.gain.exponentialRampToValueAtTime(0.0001, at + seconds);
    source.connect(level).connect(this.#audio.destination);
    source.start(at);
    source.stop(at + seconds);
  }

  quiet() {
    window.speechSynthesis?.cancel();
  }
}
