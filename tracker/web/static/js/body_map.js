// The body map: a drawing whose spots are real buttons laid over it, closer or whole, back or front. The plain list of selects
// below it stays the one place where the answers are; the map writes into it.
import { text } from "./texts.js";

// What part of the 400 x 600 drawing is shown: [x, y, width, height], all of one shape.
const VIEWS = {
  back: { close: [74, 94, 252, 282], whole: [-8, 6, 416, 465] },
  front: { close: [58, 98, 284, 318], whole: [-8, 6, 416, 465] },
};
const FAR = /-(head|upper_arm|forearm|hand)-/; // shown with the whole body, all others from close
const MARGIN = 1.5; // half of the gap between two spots belongs to each
const ZOOM_MS = 180;
const DRAWN_WIDTH = 400;

const reduced = window.matchMedia("(prefers-reduced-motion: reduce)");

/** Where a spot is in the drawing. Known only while it is shown. */
function placeOf(path) {
  const { x, y, width, height } = path.getBBox();
  return { x: path.hasAttribute("transform") ? DRAWN_WIDTH - x - width : x, y, width, height };
}

class BodyMap {
  #root;
  #selects;
  #names;
  #side = "back";
  #close = true;
  #buttons = new Map(); // spot -> button
  #places = new Map();
  #spot = null;
  #zoom = 0;
  #scrolled = 0;

  constructor(root) {
    this.#root = root;
    const selects = [...root.querySelectorAll("[data-spot-value]")];
    this.#selects = new Map(selects.map((select) => [select.dataset.spotValue, select]));
    this.#names = new Map(selects.map((select) => [select.dataset.spotValue, select.dataset.name]));
    for (const part of ["tools", "stage"]) this.#part(part).hidden = false;
    this.#part("plain").hidden = true;
    for (const side of ["back", "front"]) this.#makeButtons(side);
    for (const button of root.querySelectorAll("[data-show-side]")) {
      button.addEventListener("click", () => this.#show(button.dataset.showSide, this.#close));
    }
    root.querySelector("[data-zoom]").addEventListener("click", () => this.#show(this.#side, !this.#close));
    // A tap beside the spots of the whole body comes closer; the button beside does the same by keyboard.
    this.#part("stage").addEventListener("click", ({ target }) => {
      if (!this.#close && target.closest("button") === null) this.#show(this.#side, true);
    });
    for (const button of root.querySelectorAll("[data-strength]")) {
      button.addEventListener("click", () => this.#mark(button.dataset.strength));
    }
    root.querySelector("[data-strength-remove]").addEventListener("click", () => this.#mark(""));
    root.querySelector("[data-strength-cancel]").addEventListener("click", () => this.#put(this.#spot));
    this.#part("strength").addEventListener("keydown", (event) => this.#keyed(event));
    // The map is laid out when it is first seen, and again when its size changes.
    new ResizeObserver(() => this.#layOut()).observe(this.#part("stage"));
    this.#show("back", true, { still: true });
    this.#list();
  }

  #part(name) {
    return this.#root.querySelector(`[data-map-${name}]`);
  }

  #sideElement(side = this.#side) {
    return this.#root.querySelector(`[data-map-side="${side}"]`);
  }

  #makeButtons(side) {
    const element = this.#sideElement(side);
    for (const path of element.querySelectorAll(".spot")) {
      const { spot } = path.dataset;
      if (!this.#selects.has(spot)) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "spot-button";
      button.addEventListener("click", () => this.#ask(spot));
      button.addEventListener("pointerenter", () => path.classList.add("near"));
      button.addEventListener("pointerleave", () => path.classList.remove("near"));
      this.#buttons.set(spot, button);
      element.append(button);
    }
  }

  #path(spot) {
    return this.#root.querySelector(`.spot[data-spot="${spot}"]`);
  }

  // ------------------------------------------------------------------------------------------ what is shown

  #show(side, close, { still = false } = {}) {
    const turned = side !== this.#side;
    const from = VIEWS[this.#side][this.#close ? "close" : "whole"];
    this.#side = side;
    this.#close = close;
    for (const each of ["back", "front"]) this.#sideElement(each).hidden = each !== side;
    for (const button of this.#root.querySelectorAll("[data-show-side]")) {
      button.setAttribute("aria-pressed", String(button.dataset.showSide === side));
    }
    this.#root.querySelector("[data-zoom-in]").hidden = close;
    this.#root.querySelector("[data-zoom-out]").hidden = !close;
    this.#root.toggleAttribute("data-close", close);
    const to = VIEWS[side][close ? "close" : "whole"];
    if (still || turned || reduced.matches) this.#frame(to);
    else this.#glide(from, to);
    this.#layOut();
  }

  #frame(view) {
    this.#sideElement().querySelector("svg").setAttribute("viewBox", view.join(" "));
  }

  #glide(from, to) {
    const started = performance.now();
    const run = (this.#zoom += 1);
    const step = (now) => {
      if (run !== this.#zoom) return;
      const part = Math.min(1, (now - started) / ZOOM_MS);
      const eased = part * (2 - part);
      this.#frame(from.map((value, n) => value + (to[n] - value) * eased));
      if (part < 1) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  #layOut() {
    const element = this.#sideElement();
    if (!element.offsetWidth) return;
    const [left, top, width, height] = VIEWS[this.#side][this.#close ? "close" : "whole"];
    for (const [spot, button] of this.#buttons) {
      if (!spot.startsWith(this.#side)) continue;
      if (!this.#places.has(spot)) this.#places.set(spot, placeOf(this.#path(spot)));
      const place = this.#places.get(spot);
      button.hidden = FAR.test(spot) === this.#close;
      this.#path(spot).classList.toggle("away", button.hidden);
      button.style.setProperty("left", `${((place.x - MARGIN - left) / width) * 100}%`);
      button.style.setProperty("top", `${((place.y - MARGIN - top) / height) * 100}%`);
      button.style.setProperty("width", `${((place.width + 2 * MARGIN) / width) * 100}%`);
      button.style.setProperty("height", `${((place.height + 2 * MARGIN) / height) * 100}%`);
    }
  }

  // ------------------------------------------------------------------------------------------ marking

  #ask(spot) {
    this.#spot = spot;
    const panel = this.#part("strength");
    const now = this.#selects.get(spot).value;
    panel.querySelector("[data-spot-name]").textContent = this.#names.get(spot);
    panel.querySelector("[data-strength-remove]").hidden = !now;
    for (const button of panel.querySelectorAll("[data-strength]")) {
      button.setAttribute("aria-pressed", String(button.dataset.strength === now));
    }
    for (const [other, button] of this.#buttons) button.classList.toggle("asked", other === spot);
    for (const path of this.#root.querySelectorAll(".spot.asked")) path.classList.remove("asked");
    this.#path(spot).classList.add("asked");
    panel.hidden = false;
    this.#scrolled = window.scrollY;
    panel.querySelector("legend").focus({ preventScroll: true });
    panel.scrollIntoView({ block: "nearest" });
  }

  #keyed(event) {
    if (event.key === "Escape") {
      event.stopPropagation();
      this.#put(this.#spot);
    }
    if (/^\d$/.test(event.key)) {
      event.stopPropagation();
      this.#mark(event.key === "0" ? "10" : event.key);
    }
  }

  #mark(value) {
    const spot = this.#spot;
    const select = this.#selects.get(spot);
    select.value = value;
    const name = this.#names.get(spot);
    this.#part("say").textContent = value ? text("map.said", { name, n: value }) : text("map.removed", { name });
    this.#put(spot);
    this.#list();
    select.dispatchEvent(new Event("change", { bubbles: true }));
  }

  /** Close the question about strength; the focus goes back to the spot, or to the map when the spot is not shown. */
  #put(spot) {
    this.#part("strength").hidden = true;
    this.#spot = null;
    this.#path(spot).classList.remove("asked");
    const button = this.#buttons.get(spot);
    button.classList.remove("asked");
    (button.hidden ? this.#root.querySelector("[data-zoom]") : button).focus({ preventScroll: true });
    window.scrollTo(0, this.#scrolled);
  }

  #list() {
    const marked = [...this.#selects].filter(([, select]) => select.value);
    const list = this.#part("list");
    list.hidden = marked.length === 0;
    this.#part("empty").hidden = marked.length > 0;
    list.replaceChildren(...marked.map(([spot, select]) => this.#line(spot, select.value)));
    for (const [spot, button] of this.#buttons) {
      const { value } = this.#selects.get(spot);
      const name = this.#names.get(spot);
      button.textContent = value;
      button.classList.toggle("marked", value !== "");
      button.setAttribute("aria-label", value ? text("map.spot", { name, n: value }) : text("map.none", { name }));
      const path = this.#path(spot);
      path.classList.toggle("marked", value !== "");
      path.style.setProperty("--strength", value ? String(0.3 + Number(value) * 0.065) : "0");
    }
  }

  #line(spot, value) {
    const item = document.createElement("li");
    const change = document.createElement("button");
    change.type = "button";
    change.className = "mark-name";
    change.textContent = text("map.line", { name: this.#names.get(spot), n: value });
    change.addEventListener("click", () => {
      this.#show(spot.split("-")[0], !FAR.test(spot));
      this.#ask(spot);
    });
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "icon-button";
    remove.setAttribute("aria-label", text("map.remove", { name: this.#names.get(spot) }));
    remove.append(this.#root.querySelector("[data-strength-remove] svg").cloneNode(true));
    remove.addEventListener("click", () => {
      this.#scrolled = window.scrollY;
      this.#spot = spot;
      this.#mark("");
    });
    item.append(change, remove);
    return item;
  }
}

export function startBodyMaps(root) {
  for (const element of root.querySelectorAll("[data-body-map]")) new BodyMap(element);
}
