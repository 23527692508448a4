/* The box that finds anything: keys, the chosen line, and nothing else. The server answers, htmx swaps. */
(() => {
  const box = document.getElementById('palette');
  if (!box) return;
  const words = document.getElementById('palette-words'), found = document.getElementById('palette-found');
  const lines = () => [...found.querySelectorAll('[role=option]')];
  const chosen = () => found.querySelector('[aria-selected=true]');
  const typing = element => element?.closest?.('input, textarea, select, [contenteditable=true]');

  function choose(line) {
    chosen()?.setAttribute('aria-selected', 'false');
    if (line) { line.setAttribute('aria-selected', 'true'); line.scrollIntoView({ block: 'nearest' }); words.setAttribute('aria-activedescendant', line.id); }
    else words.removeAttribute('aria-activedescendant');
  }
  function open() {
    if (box.open || document.querySelector('dialog[open]')) return;
    box.showModal(); words.select();
    words.dispatchEvent(new CustomEvent('palette'));
  }
  function follow(line, event) {
    if (event.ctrlKey || event.metaKey) window.open(line.href, '_blank', 'noopener'); else location.assign(line.href);
  }

  document.addEventListener('click', event => {
    if (event.target.closest('[data-palette]') && !(event.ctrlKey || event.metaKey || event.shiftKey)) { event.preventDefault(); open(); }
    if (event.target === box) box.close();
  });
  document.addEventListener('keydown', event => {
    const command = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === 'k';
    const slash = event.key === '/' && !event.ctrlKey && !event.metaKey && !event.altKey && !typing(event.target);
    if (command || slash) { event.preventDefault(); open(); }
  });
  words.addEventListener('keydown', event => {
    const all = lines(), step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.isComposing || !all.length) return;
    if (step) { event.preventDefault(); choose(all[(all.indexOf(chosen()) + step + all.length) % all.length]); }
    if (event.key === 'Enter' && chosen()) { event.preventDefault(); follow(chosen(), event); }
  });
  found.addEventListener('htmx:afterSwap', () => {
    const all = lines();
    words.setAttribute('aria-expanded', String(all.length > 0));
    words.setAttribute('aria-controls', all.length ? 'palette-list' : 'palette-found');
    choose(words.value.trim() ? all[0] : null);
  });
})();
