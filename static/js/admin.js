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
   and time their row's, and the box that select2 draws (whenever it does) the name of the field behind it. */
(() => {
  const content = document.getElementById('content');
  if (!content) return;
  const words = element => element?.textContent.replace(/\s+/g, ' ').trim().replace(/:$/, '') ?? '';
  const nameOf = field => {
    const cell = field.closest('td'), column = cell?.closest('table').querySelector('thead tr')?.cells[cell.cellIndex];
    const label = document.querySelector(`label[for="${CSS.escape(field.id.replace(/_[01]$/, ''))}"]`);
    return field.getAttribute('aria-label') || words(column) || words(label ?? field.closest('.form-row, fieldset')?.querySelector('label, legend'));
  };
  const half = field => field.matches('.vDateField[id$="_0"]') ? ', day' : field.matches('.vTimeField[id$="_1"]') ? ', time' : '';
  const nameField = field => {
    const name = nameOf(field);
    if (name && !field.hasAttribute('aria-label') && !field.labels?.length) field.setAttribute('aria-label', name + half(field));
  };
  const nameBox = box => {
    const field = box.closest('.select2').parentElement.querySelector('select'), name = field && nameOf(field);
    if (!name) return;
    for (const part of [box, ...box.querySelectorAll('[role=textbox]')]) { part.removeAttribute('aria-labelledby'); part.setAttribute('aria-label', name); }
  };
  const all = () => {
    content.querySelectorAll(':is(input:not([type=hidden]), select, textarea)').forEach(nameField);
    content.querySelectorAll('.select2-selection').forEach(nameBox);
    content.querySelectorAll('th.original').forEach(cell => { if (!words(cell)) cell.textContent = '#'; });
  };
  all();
  new MutationObserver(all).observe(content, { childList: true, subtree: true });
})();
