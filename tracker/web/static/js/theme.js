// Light or dark before the first paint: what the person chose here, else what their system asks for.
// A classic script in the head on purpose: a module would run after the first paint and the page would flash.
(function () {
  "use strict";
  const KEY = "rhomboid.theme";
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;

  function remembered() {
    try {
      const value = window.localStorage.getItem(KEY);
      return value === "light" || value === "dark" ? value : null;
    } catch {
      return null; // storage blocked: the system's wish is good enough
    }
  }

  // Chosen here first; then what the person keeps in their account; then the system.
  function own() {
    const stored = root.getAttribute("data-theme-choice");
    if (stored === "light" || stored === "dark") return stored;
    return system.matches ? "dark" : "light";
  }

  function apply() {
    root.setAttribute("data-bs-theme", remembered() ?? own());
  }

  function choose(theme) {
    try {
      // Back to what would apply anyway means: follow that again.
      if (theme === own()) window.localStorage.removeItem(KEY);
      else window.localStorage.setItem(KEY, theme);
    } catch {
      /* remembered for this page only */
    }
    root.setAttribute("data-bs-theme", theme);
    document.dispatchEvent(new CustomEvent("themechange", { detail: theme }));
  }

  apply();
  root.classList.add("js");
  system.addEventListener("change", () => {
    apply();
    document.dispatchEvent(new CustomEvent("themechange", { detail: root.getAttribute("data-bs-theme") }));
  });
  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element) || !event.target.closest("[data-theme-toggle]")) return;
    choose(root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark");
  });
})();
