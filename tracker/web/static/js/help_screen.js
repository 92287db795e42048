// The screens that come at once: emergency, crisis, the same day. Their words are in the page, so they need no connection.
// `data-help` on the root says which of the server's pages is already shown or was seen here, so that nothing loads it again.

let addresses = {};

function opened() {
  return document.querySelector("dialog.help-dialog[open]");
}

/** `pages`: the server's pages of the same meaning: {emergency, urgent, crisis}. */
export function prepareHelp(pages) {
  addresses = pages;
  for (const dialog of document.querySelectorAll("dialog.help-dialog")) {
    // However it is closed (its button, Escape, the browser's back), there is one entry of the history for it.
    dialog.addEventListener("close", () => {
      if (history.state?.help) history.back();
    });
    dialog.querySelector("[data-help-close]")?.addEventListener("click", () => dialog.close());
  }
  window.addEventListener("popstate", () => {
    if (!history.state?.help) opened()?.close();
  });
}

/** Show a screen: "emergency", "crisis" or "urgent". A graver one takes the place of another. */
export function showHelp(kind) {
  const dialog = document.getElementById(`help-${kind}`);
  document.documentElement.dataset.help = addresses[kind] ?? "";
  if (dialog.open) return;
  const before = opened();
  if (before) {
    history.replaceState({ ...history.state, help: kind }, "");
    dialog.showModal();
    before.close();
    return;
  }
  history.pushState({ ...history.state, help: kind }, "");
  dialog.showModal();
}

export const isHelpShown = () => opened() !== null;
