/* Pairs by keyboard: 1, 2 and 3 press the buttons of the pair in focus, and the next pair gets the focus. */
(() => {
  "use strict";
  const pairs = () => [...document.querySelectorAll("[data-pair]")];

  document.addEventListener("keydown", (event) => {
    const pair = event.target.closest("[data-pair]");
    if (!pair || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input:not([type=radio]), select, textarea")) return;
    const button = pair.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (button) {
      event.preventDefault();
      button.click();
    }
  });

  // What was just decided has become a line: go on to the next pair that waits.
  document.addEventListener("htmx:afterSwap", (event) => {
    const done = event.detail.elt;
    if (!(done instanceof Element) || !done.matches("[data-done]")) return;
    const all = pairs();
    const next = all.slice(all.indexOf(done) + 1).find((pair) => !pair.matches("[data-done]"));
    (next || done).focus({ preventScroll: !next });
  });
})();
