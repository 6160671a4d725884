// What a screen reader, a keyboard or weak eyes would stumble over. The result is
// a list of sentences; the rules are WCAG 2.2 AA.
(() => {
  const found = [];
  const say = (what, e) => found.push(what + (e ? ': ' + e.outerHTML.slice(0, 120) : ''));
  const all = (q) => [...document.querySelectorAll(q)];

  if (!['de', 'en'].includes(document.documentElement.lang)) say('no language');
  if (!document.title.trim()) say('no title');
  if (all('main').length !== 1) say('not one main');
  if (all('h1').length !== 1) say('not one h1');
  const embedded = document.body.classList.contains('embed');
  if (!embedded && (!document.querySelector('body > header') || !document.querySelector('body > footer') || !document.querySelector('[role=search]'))) say('a landmark is missing');

  let level = 0;
  for (const h of all('h1,h2,h3,h4,h5,h6')) {
    const n = +h.tagName[1];
    if (n > level + 1 && !embedded) say('a heading level is left out', h);
    if (!h.textContent.trim()) say('an empty heading', h);
    level = n;
  }
  for (const e of all('a,button')) if (!e.textContent.trim()) say('no name', e);
  for (const e of all('a')) if (!e.getAttribute('href')) say('a link to nowhere', e);
  for (const e of all('input:not([type=hidden])')) if (!e.labels.length) say('no label', e);
  for (const e of all('img')) {
    if (!(e.alt || '').trim()) say('no alternative text', e);
    e.loading = 'eager';
  }
  for (const e of all('th')) if (!e.scope) say('no scope', e);
  for (const e of all('section')) if (!document.getElementById(e.getAttribute('aria-labelledby'))) say('a section without a name', e);
  const ids = new Set();
  for (const e of all('[id]')) ids.has(e.id) ? say('an id twice', e) : ids.add(e.id);
  if (all('script,iframe,object,[style],[onclick]').length) say('active content');

  if (document.documentElement.scrollWidth > innerWidth) say('wider than the screen: ' + document.documentElement.scrollWidth + ' of ' + innerWidth);
  for (const e of all('button,input:not([type=hidden])')) {
    const r = e.getBoundingClientRect();
    if (r.height < 40 || r.width < 40) say('too small to touch', e);
  }

  if (innerWidth < 500) for (const e of all('th[scope=row]')) {
    if (e.offsetWidth < e.closest('table').offsetWidth * 0.9) say('a narrow column on a phone', e);
  }

  const parse = (c) => c.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim()) continue;
    const [x, y] = [light(parse(getComputedStyle(e).color)), light(ground(e))];
    const ratio = (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
    if (ratio < 4.5) say('contrast ' + ratio.toFixed(1), e);
    if (parseFloat(getComputedStyle(e).fontSize) < 13) say('letters too small', e);
  }
  return Promise.all(all('img').map((e) => e.decode().catch(() => say('a broken picture', e)))).then(() => [...new Set(found)]);
})();
