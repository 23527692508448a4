/* A file on its way up: how much of it has been sent. Without this script the form is sent all the same. */
document.addEventListener('htmx:xhr:progress', event => {
  const bar = event.target.closest?.('[data-upload]')?.querySelector('[data-sending]');
  const progress = bar?.querySelector('progress');
  if (!progress || !event.detail.lengthComputable || !event.detail.total) return;
  bar.hidden = false;
  progress.max = event.detail.total;
  progress.value = event.detail.loaded;
});
