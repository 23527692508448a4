/* Decisions by hand and by key: steppers, dialogs behind links, J K A D S E. Everything works without it. */
(() => {
  const $ = (s, r = document) => r.querySelector(s), $$ = (s, r = document) => [...r.querySelectorAll(s)];
  const ready = part => $$('.stepper', part).forEach(box => { box.dataset.ready = ''; });
  ready(document);
  document.addEventListener('htmx:afterSettle', () => ready(document));

  // A link to a form elsewhere opens the same form here.
  document.addEventListener('click', event => {
    const link = event.target.closest?.('a[data-opens]');
    if (link && document.getElementById(link.dataset.opens) && !event.metaKey && !event.ctrlKey) event.preventDefault();
    const step = event.target.closest?.('[data-step]');
    if (!step) return;
    const box = step.closest('.stepper'), input = $('input', box), by = Number(box.dataset.by) || 1;
    const next = (Number(input.value) || 0) + by * Number(step.dataset.step);
    input.value = String(Math.round(Math.max(next, by) * 1000) / 1000);
  });

  const rows = () => $$('.act:not([data-state])');
  const here = () => document.activeElement?.closest?.('.act:not([data-state])') || $('.act[data-here]');
  function go(by) {
    const all = rows(); if (!all.length) return;
    const now = all.indexOf(here()), to = all[Math.min(Math.max(now < 0 ? 0 : now + by, 0), all.length - 1)];
    $$('.act[data-here]').forEach(row => delete row.dataset.here);
    to.dataset.here = ''; $('.text a', to).focus();
  }
  const keys = {
    j: () => go(1), k: () => go(-1),
    a: row => $('[data-accept]', row)?.requestSubmit(),
    s: row => $('[data-snooze]', row)?.click(),
    d: row => $('[data-dismiss]', row)?.click(),
    e: row => { const more = $('.more', row); if (more) more.open = !more.open; },
  };
  document.addEventListener('keydown', event => {
    const act = keys[event.key.toLowerCase()];
    if (!act || event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, select, textarea, [contenteditable], dialog[open]')) return;
    const row = here();
    if (act.length && !row) return;
    event.preventDefault(); act(row);
  });
})();
