/* Progress as it happens: [data-events] is a bar whose job tells of itself over an EventSource. When the job's state
   changes, and every other second where there are no events, it asks by the event "look" for its part of the page. */
(() => {
  const OFTEN = 2000, SILENT = 25000, AGAIN = 60000;
  const watched = new Map();  // bar -> how to stop
  let brokenAt = -AGAIN;
  const look = bar => bar.dispatchEvent(new Event('look', { bubbles: true }));

  function show(bar, { done, total, left }) {
    const progress = bar.querySelector('progress'), words = bar.querySelector('[data-left]');
    if (total) { progress.max = total; progress.value = done; }
    if (words && left !== undefined) words.textContent = left;
  }
  function ask(bar) {
    const timer = setInterval(() => look(bar), OFTEN);
    watched.set(bar, () => clearInterval(timer));
  }
  function listen(bar) {
    const source = new EventSource(bar.dataset.events);
    let status = bar.dataset.status, silence;
    const stop = () => { source.close(); clearTimeout(silence); };
    const broken = () => { brokenAt = performance.now(); stop(); ask(bar); };
    const heard = () => { clearTimeout(silence); silence = setTimeout(broken, SILENT); };
    source.addEventListener('progress', event => {
      heard();
      const state = JSON.parse(event.data);
      show(bar, state);
      if (status && state.status !== status) look(bar);
      status = state.status;
    });
    source.addEventListener('end', () => { stop(); ask(bar); look(bar); });
    source.addEventListener('error', () => { if (source.readyState === EventSource.CLOSED) broken(); });
    heard();
    watched.set(bar, stop);
  }
  function stopAll(which = () => true) {
    watched.forEach((stop, bar) => { if (which(bar)) { stop(); watched.delete(bar); } });
  }
  function watch() {
    stopAll(bar => !bar.isConnected);
    if (document.hidden) return;
    document.querySelectorAll('[data-events]').forEach(bar => {
      if (!watched.has(bar)) (performance.now() - brokenAt < AGAIN ? ask : listen)(bar);
    });
  }
  // A tab nobody sees holds no line: browsers have few for each site.
  document.addEventListener('visibilitychange', () => { if (document.hidden) stopAll(); else { document.querySelectorAll('[data-events]').forEach(look); watch(); } });
  document.addEventListener('htmx:afterSettle', watch);
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', watch); else watch();
})();
