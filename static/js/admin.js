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
