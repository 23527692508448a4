/* Prices: the slider and the number field say the same, and one tick chooses a page of products. */
(() => {
  const wake = part => part.querySelectorAll('[data-price-try]').forEach(form => {
    const slide = form.querySelector('input[type=range]'), typed = form.querySelector('[name=price]');
    if (!slide.hidden) return;
    slide.hidden = false; form.querySelector('[data-without-script]').hidden = true;
    slide.addEventListener('input', () => { typed.value = Number(slide.value).toFixed(2); });
    typed.addEventListener('input', () => { slide.value = typed.value.replace(',', '.'); });
  });
  const tick = part => part.querySelectorAll('[data-tick-all]').forEach(all => { all.hidden = false; });
  document.addEventListener('change', event => {
    if (!event.target.matches('[data-tick-all]')) return;
    event.stopPropagation();
    event.target.closest('table').querySelectorAll('tbody input[type=checkbox]').forEach(box => { box.checked = event.target.checked; });
  });
  const begin = part => { wake(part); tick(part); };
  document.addEventListener('htmx:afterSettle', () => begin(document));
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', () => begin(document)); else begin(document);
})();
