/* Data entry by scanner: Enter after a barcode goes to the next line instead of saving the product. */
(() => {
  document.addEventListener('keydown', event => {
    const code = event.target;
    if (event.key !== 'Enter' || !code.matches?.('#barcodes-group .field-code input')) return;
    event.preventDefault();
    const next = () => {
      const codes = [...document.querySelectorAll('#barcodes-group tr:not(.empty-form) .field-code input')];
      return codes[codes.indexOf(code) + 1];
    };
    if (!next()) document.querySelector('#barcodes-group .add-row a')?.click();
    next()?.focus();
  });
})();

/* Names for what Django's admin leaves nameless: fields in table rows take their column's, the halves of a date
   and time their row's. */
(() => {
  const words = element => element?.textContent.replace(/\s+/g, ' ').trim().replace(/:$/, '') ?? '';
  const labelOf = field => {
    const label = document.querySelector(`label[for="${CSS.escape(field.id.replace(/_[01]$/, ''))}"]`) ?? field.closest('.form-row, fieldset')?.querySelector('label, legend');
    const cell = field.closest('td'), table = cell?.closest('table');
    return words(table?.querySelector('thead tr')?.cells[cell.cellIndex]) || words(label);
  };
  const name = field => {
    const label = labelOf(field);
    if (!label) return;
    if (!field.labels?.length || field.closest('td')) field.setAttribute('aria-label', label + (/_0$/.test(field.id) && field.matches('.vDateField') ? ', day' : /_1$/.test(field.id) && field.matches('.vTimeField') ? ', time' : ''));
  };
  const all = () => {
    document.querySelectorAll('#content :is(input:not([type=hidden]), select, textarea)').forEach(name);
  };
  addEventListener('load', () => { all(); document.querySelectorAll('th.original').forEach(cell => { if (!words(cell)) cell.textContent = '#'; }); });
  document.addEventListener('formset:added', () => setTimeout(all));
})();
