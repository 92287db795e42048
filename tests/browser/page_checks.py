"""What every page must be: complete, without a violation of accessibility rules in light and dark, usable by keyboard
with the focus in sight, and readable on a narrow phone and at 200 % zoom. Each check returns sentences, none if all is
well.
"""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from tracker.settings import PROJECT_ROOT

AXE = PROJECT_ROOT / "node_modules" / "axe-core" / "axe.min.js"

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 740}
ZOOMED = {"width": 640, "height": 400}
"""A window of 1280 x 800 at 200 % zoom."""

RUN_AXE = """async (only) => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"], ...(only && { runOnly: only }) });
  return violations.flatMap(({ id, nodes }) => nodes.slice(0, 3).map(
    (node) => `${id}: ${node.target.join(" ")}: ${node.failureSummary.replace(/\\s+/g, " ").slice(0, 220)}`));
}"""

DRAWN_AGAIN = """() => new Promise((drawn) => {
  requestAnimationFrame(() => requestAnimationFrame(drawn));
  setTimeout(drawn, 500);  // a page that nobody sees is not drawn
})"""

ABOUT_COLOUR = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}

TOO_WIDE = """() => {
  const wide = document.documentElement.clientWidth;
  const found = [];
  const needed = document.scrollingElement.scrollWidth;
  if (needed > wide) found.push(`the page is ${needed} wide`);
  // What can be scrolled by itself may be wide; words for screen readers only are cut off on purpose.
  const inScroller = (element) => {
    for (let up = element.parentElement; up && up !== document.body; up = up.parentElement) {
      if (["auto", "scroll"].includes(getComputedStyle(up).overflowX) || up.clientWidth <= 1) return true;
    }
    return false;
  };
  for (const element of document.body.querySelectorAll("*")) {
    if (element.closest("svg") !== null || !element.checkVisibility({ visibilityProperty: true })) continue;
    const box = element.getBoundingClientRect();
    if (box.width < 2 || box.right <= wide + 1 || inScroller(element)) continue;
    found.push(`${element.tagName.toLowerCase()}.${element.className || element.id} ends at ${Math.round(box.right)}`);
  }
  return found.slice(0, 5).map((sentence) => `${sentence}, the window at ${wide}`);
}"""

PREPARE_WALK = """() => {
  const wanted = 'a[href], button, input, select, textarea, summary, [tabindex]:not([tabindex^="-"])';
  const within = document.querySelector("dialog:modal") ?? document;
  const usable = [...within.querySelectorAll(wanted)].filter((element) =>
    !element.matches(':disabled, [type="hidden"], [tabindex^="-"]')
    && element.closest("[inert]") === null
    && element.checkVisibility({ visibilityProperty: true }));
  // The radio buttons of a group are one stop.
  const stops = new Map();
  const keyOf = (element) => element.type === "radio" ? `radio ${element.name}` : element;
  for (const element of usable) if (!stops.has(keyOf(element))) stops.set(keyOf(element), stops.size);
  const shown = ["outlineStyle", "outlineWidth", "outlineColor", "boxShadow", "borderTopColor", "borderBottomColor",
    "backgroundColor", "color", "textDecorationLine", "transform", "clip", "clipPath", "top", "opacity"];
  const around = (element) => [element, element.parentElement, element.previousElementSibling,
    element.nextElementSibling, element.closest("label"), ...(element.labels ?? [])].filter(Boolean);
  const look = (element) => around(element).map((each) => {
    const style = getComputedStyle(each);
    return shown.map((name) => style[name]).join("|");
  }).join("\\n");
  document.activeElement?.blur();
  const name = (element) => `${element.tagName.toLowerCase()} "${(element.getAttribute("aria-label")
    ?? element.innerText ?? "").trim().slice(0, 40) || element.id || element.name || element.className}"`;
  const before = new Map(usable.map((element) => [element, look(element)]));
  window.walkOfTest = {
    names: [...stops.keys()].map((key) => typeof key === "string" ? key : name(key)),
    step() {
      const element = document.activeElement;
      if (!element || element === document.body) return { stop: null };
      const box = element.getBoundingClientRect();
      const inSight = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
      const key = keyOf(element);
      return {
        stop: stops.get(key) ?? -1,
        name: name(element),
        changed: before.get(element) !== look(element),
        inSight,
      };
    },
  };
  return window.walkOfTest.names;
}"""


def structure(page: Page) -> list[str]:
    """A language, a title of its own, one main heading, one main part."""
    facts: dict[str, Any] = page.evaluate(
        """() => ({
          lang: document.documentElement.lang,
          title: document.title.trim(),
          headings: document.querySelectorAll("h1").length,
          mains: document.querySelectorAll("main").length,
        })"""
    )
    wrong = []
    if not facts["lang"]:
        wrong.append("no language")
    if not facts["title"] or facts["title"] == "Rhomboid":
        wrong.append(f"no title of its own: {facts['title']!r}")
    if facts["headings"] != 1:
        wrong.append(f"{facts['headings']} main headings")
    if facts["mains"] != 1:
        wrong.append(f"{facts['mains']} main parts")
    return wrong


def accessibility(page: Page) -> list[str]:
    """What axe finds, in light and in dark. The colour scheme changes colours and nothing else, so in dark only the
    rules about colour are asked again.
    """
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = []
    for scheme, rules in (("light", None), ("dark", ABOUT_COLOUR)):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # a literal of the two
        page.evaluate(DRAWN_AGAIN)
        found += [f"{scheme}: {violation}" for violation in page.evaluate(RUN_AXE, rules)]
    page.emulate_media(color_scheme="light")
    return found


def width(page: Page) -> list[str]:
    """Nothing sticks out on a narrow phone or at 200 % zoom."""
    found = []
    for name, size in (("360 px", PHONE), ("200 %", ZOOMED)):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        found += [f"{name}: {sentence}" for sentence in page.evaluate(TOO_WIDE)]
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    return found


def keyboard(page: Page) -> list[str]:
    """With the tabulator key, every control gets the focus, and one can see where it is."""
    names: list[str] = page.evaluate(PREPARE_WALK)
    reached: set[int] = set()
    wrong = []
    for _ in range(2 * len(names) + 5):
        page.keyboard.press("Tab")
        here: dict[str, Any] = page.evaluate("window.walkOfTest.step()")
        stop = here["stop"]
        if stop is None or stop in reached:
            if len(reached) == len(names):
                break
            continue
        if stop < 0:
            continue
        reached.add(stop)
        if not here["changed"]:
            wrong.append(f"the focus on {here['name']} cannot be seen")
        if not here["inSight"]:
            wrong.append(f"{here['name']} has the focus outside the window")
    wrong += [f"{name} is not reached" for index, name in enumerate(names) if index not in reached]
    return wrong


CHECKS = {"structure": structure, "accessibility": accessibility, "width": width, "keyboard": keyboard}
