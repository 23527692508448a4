/* The shop's own script: theme, menus, words from htmx, file drop, charts. No inline handlers, no eval. */
(() => {
  const $ = (s, r = document) => r.querySelector(s), $$ = (s, r = document) => [...r.querySelectorAll(s)];
  const root = document.documentElement;
  const dark = matchMedia('(prefers-color-scheme: dark)');

  // Theme: a cookie, so that the server writes it on <html> and nothing flashes.
  const isDark = () => root.dataset.theme ? root.dataset.theme === 'dark' : dark.matches;
  function switchTheme() {
    root.dataset.theme = isDark() ? 'light' : 'dark';
    const secure = location.protocol === 'https:' ? '; Secure' : '';
    document.cookie = `theme=${root.dataset.theme}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
    redraw();
  }
  dark.addEventListener('change', () => redraw());

  // Words: the live region for everyone, the toast for those who look.
  let timer;
  function say(text) { const region = $('#say'); if (region) region.textContent = text; }
  function toast(text) {
    const box = $('#toast'); if (!box) return;
    $('span', box).textContent = text; box.hidden = false; say(text);
    clearTimeout(timer); timer = setTimeout(() => { box.hidden = true; }, 8000);
  }

  // Menus close by a click elsewhere and by Escape, which gives the focus back.
  const openMenus = () => $$('details.menu[open], .kpi details.def[open]');
  document.addEventListener('click', event => {
    const hit = s => event.target.closest?.(s);
    openMenus().forEach(menu => { if (!menu.contains(event.target)) menu.open = false; });
    if (hit('[data-theme-switch]')) switchTheme();
    if (hit('[data-toast-close]')) $('#toast').hidden = true;
    const opens = hit('[data-opens]'); if (opens) document.getElementById(opens.dataset.opens)?.showModal();
    if (hit('[data-closes]')) hit('dialog')?.close();
    if (hit('[data-copy]')) navigator.clipboard?.writeText(hit('[data-copy]').dataset.copy).then(() => toast('Copied'));
    if (hit('[data-print]')) print();
  });
  document.addEventListener('keydown', event => {
    if (event.key !== 'Escape') return;
    openMenus().forEach(menu => { if (menu.contains(document.activeElement)) $('summary', menu).focus(); menu.open = false; });
  });

  // A plain form that works for a while: the button says so and is pressed once.
  document.addEventListener('submit', event => {
    if (event.target.matches('[data-once]') && !event.defaultPrevented) (event.submitter || $('[type=submit], button', event.target))?.setAttribute('aria-busy', 'true');
  });
  addEventListener('pageshow', event => { if (event.persisted) $$('.btn[aria-busy]').forEach(b => b.removeAttribute('aria-busy')); });

  // Files: the label is the drop target, the input inside does the work.
  const overDrop = (event, on) => { const drop = event.target.closest?.('[data-drop]'); if (!drop) return null; event.preventDefault(); drop.toggleAttribute('data-over', on); return drop; };
  document.addEventListener('dragover', event => overDrop(event, true));
  document.addEventListener('dragleave', event => overDrop(event, false));
  document.addEventListener('drop', event => {
    const drop = overDrop(event, false); if (!drop || !event.dataTransfer.files.length) return;
    const input = $('input', drop); input.files = event.dataTransfer.files; input.dispatchEvent(new Event('change', { bubbles: true }));
  });
  document.addEventListener('change', event => {
    const drop = event.target.closest?.('[data-drop]'); if (!drop || !event.target.files) return;
    const names = [...event.target.files].map(f => f.name).join(', ');
    if (names) $('[data-file-name]', drop).textContent = names;
  });

  // htmx: busy targets, errors in words, a session that ended, focus on what needs it.
  document.addEventListener('htmx:beforeRequest', event => {
    const { target, elt } = event.detail;
    event.detail.xhr.busy = setTimeout(() => target?.setAttribute?.('aria-busy', 'true'), 150);
    if (elt.matches?.('.btn')) elt.setAttribute('aria-busy', 'true');
  });
  document.addEventListener('htmx:afterRequest', event => {
    const { target, elt, xhr } = event.detail;
    clearTimeout(xhr.busy); target?.removeAttribute?.('aria-busy'); elt.removeAttribute?.('aria-busy');
  });
  document.addEventListener('htmx:beforeOnLoad', event => {
    const login = document.body.dataset.login, { xhr } = event.detail;
    if (!login || !xhr.responseURL || new URL(xhr.responseURL).pathname !== login) return;
    event.preventDefault();
    location.assign(`${login}?next=${encodeURIComponent(location.pathname + location.search)}`);
  });
  document.addEventListener('htmx:responseError', event => {
    const { xhr } = event.detail, reference = xhr.getResponseHeader('X-Request-ID');
    const words = { 403: 'Your role does not allow this.', 404: 'This is no longer there. Reload the page.', 413: 'The file is too large.', 429: 'Too many tries. Wait a minute.' };
    toast(words[xhr.status] || `This did not work, and nothing was changed.${reference ? ` Reference ${reference.slice(0, 8)}.` : ''}`);
  });
  document.addEventListener('htmx:sendError', () => toast('No connection. Check the network and try again.'));
  document.addEventListener('htmx:timeout', () => toast('This takes too long. Try again.'));
  document.addEventListener('htmx:afterSettle', event => { wake(event.detail.elt); $('[data-problem]', event.detail.elt)?.focus(); });

  // Charts: the server's drawing stays until Plotly is there. light-dark() colours resolve only when used,
  // so they are read through a probe element.
  const probe = document.createElement('i'); probe.hidden = true;
  const color = token => { probe.style.color = `var(${token})`; return getComputedStyle(probe).color; };
  let library;
  const load = src => library ??= new Promise((done, failed) => {
    const script = document.createElement('script');
    script.src = src; script.onload = done; script.onerror = () => { library = undefined; failed(new Error('Plotly did not load')); };
    document.head.append(script);
  });
  const look = narrow => {
    const axis = { gridcolor: color('--chart-grid'), linecolor: color('--border'), zerolinecolor: color('--border-strong'), tickfont: { size: 12 }, fixedrange: true };
    return {
      font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: color('--muted') },
      paper_bgcolor: color('--surface'), plot_bgcolor: 'rgba(0,0,0,0)', margin: { l: 52, r: 12, t: 10, b: 28 },
      hovermode: 'x unified', dragmode: false, showlegend: false,
      hoverlabel: { bgcolor: color('--raised'), bordercolor: color('--border'), font: { color: color('--text'), size: 12 } },
      xaxis: { ...axis, showgrid: false, zeroline: false, nticks: narrow ? 4 : 8, spikecolor: color('--border-strong'), spikethickness: 1, spikedash: 'dot' }, yaxis: axis,
    };
  };
  async function draw(box) {
    await load(box.dataset.plotly);
    const text = $('script[type="application/json"]', box.closest('figure')).textContent;
    const figure = JSON.parse(text, (key, value) => typeof value === 'string' && value.startsWith('--') ? color(value) : value);
    const base = look(box.clientWidth < 480), host = $('.host', box);
    const layout = { ...base, ...figure.layout, xaxis: { ...base.xaxis, ...figure.layout.xaxis }, yaxis: { ...base.yaxis, ...figure.layout.yaxis } };
    await Plotly.react(host, figure.data, layout, { displayModeBar: false, responsive: true });
    if ('drawn' in box.dataset) return;
    box.dataset.drawn = '';
    host.on('plotly_click', ({ points }) => { const url = points.find(p => typeof p.customdata === 'string')?.customdata; if (url) location.assign(url); });
  }
  const forced = matchMedia('(forced-colors: active)');
  const start = box => forced.matches || draw(box).catch(() => {});
  const redraw = () => $$('.plot[data-drawn]').forEach(start);
  const near = new IntersectionObserver(entries => entries.forEach(entry => {
    if (!entry.isIntersecting) return;
    near.unobserve(entry.target); start(entry.target);
  }), { rootMargin: '300px' });
  function wake(part) {
    const boxes = $$('.plot[data-plotly]:not([data-drawn])', part);
    if (part.matches?.('.plot[data-plotly]:not([data-drawn])')) boxes.push(part);
    boxes.forEach(box => navigator.connection?.saveData ? box.addEventListener('pointerdown', () => start(box), { once: true }) : near.observe(box));
  }
  document.addEventListener('htmx:beforeCleanupElement', event => { const host = event.detail.elt; if (host.matches?.('.host') && window.Plotly) Plotly.purge(host); });

  function begin() { document.body.append(probe); wake(document); $('[data-problem]')?.focus(); }
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', begin); else begin();
  window.aisle = { say, toast };
})();
