/* Stock entry: scans from anywhere, the stepper. A scanner is a keyboard that types a code fast and ends with Enter. */
(() => {
  const $ = (s, r = document) => r.querySelector(s), $$ = (s, r = document) => [...r.querySelectorAll(s)];
  const FAST = 60, PAUSE = 500, LEAST = 4; // a scanner's keys are this near each other on average, in ms
  let keys = '', first = 0, last = 0, box = null, before = '';

  // Whatever has the focus, a burst of keys is a scan. Where it was typed into a box, the box is put back.
  // With no box in focus nobody types by hand: there it is a scan however slow.
  document.addEventListener('keydown', event => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const at = event.timeStamp;
    if (at - last > PAUSE) { keys = ''; first = at; box = boxOf(event.target); before = box ? box.value : ''; }
    if (event.key === 'Enter') {
      const code = keys, fast = (last - first) / Math.max(code.length - 1, 1) < FAST;
      keys = '';
      if (code.length < LEAST || (box && !fast)) return;
      event.preventDefault(); event.stopPropagation();
      if (box) box.value = box.matches('[data-scan]') ? code : before;
      scanned(code);
    } else if (event.key.length === 1) {
      if (!keys) { first = at; box = boxOf(event.target); before = box ? box.value : ''; }
      keys += event.key; last = at;
    }
  }, true);
  const boxOf = target => target.matches?.('input:not([type=radio], [type=checkbox]), textarea') ? target : null;

  function scanned(code) {
    const form = $('form[data-entry]'), times = form && codes(form)[code];
    if (times) { add(form, Number(times)); return; }
    const quantity = form && $('[data-quantity]', form);
    if (quantity && quantity.value !== '' && quantity.dataset.touched) {
      $('[data-next]', form).value = code;
      if (form.reportValidity()) form.requestSubmit();
      else window.aisle?.say('Finish this product first.');
      return;
    }
    look(code);
  }

  function look(code) {
    const form = $('form[data-scan-form]'); if (!form) return;
    $('[data-scan]', form).value = code;
    form.requestSubmit();
  }

  const codes = form => Object.fromEntries((form.dataset.codes || '').split(' ').filter(Boolean).map(pair => { const at = pair.lastIndexOf(':'); return [pair.slice(0, at), pair.slice(at + 1)]; }));

  function add(form, step) {
    const quantity = $('[data-quantity]', form), least = Number(quantity.min) || 0;
    const value = Math.max(least > 0 && least < 1 ? 0 : least, (Number(quantity.value) || 0) + step);
    quantity.value = String(Math.round(value * 1000) / 1000); quantity.dataset.touched = '1';
    window.aisle?.say(`${quantity.value}`);
  }

  document.addEventListener('click', event => {
    const button = event.target.closest?.('[data-step]');
    if (button) add(button.closest('form'), Number(button.dataset.step));
  });
  document.addEventListener('input', event => { if (event.target.matches('[data-quantity]') && event.isTrusted) event.target.dataset.touched = '1'; });
  document.addEventListener('focusin', event => { if (event.target.matches('[data-quantity], [data-scan]')) event.target.select(); });

  function ready(part) {
    $$('[data-step]', part).forEach(button => { button.hidden = false; });
    const quantity = $('[data-quantity]', part);
    // A scanned pack has said how many already: the next scan of another product saves it.
    if (quantity && quantity.value !== '' && quantity.closest('[data-codes]')) quantity.dataset.touched = '1';
  }
  document.addEventListener('htmx:afterSettle', event => ready(event.detail.elt.parentElement || document));
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', () => ready(document)); else ready(document);
})();
