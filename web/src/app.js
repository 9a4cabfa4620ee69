// What the script adds to pages that work without it: live rows, keys, previews, list rows, drafts.
const page = document.body.dataset;
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const later = (ms, run) => {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(run, ms);
  };
};

function say(text) {
  const notice = document.querySelector(".notice");
  notice.textContent = text;
  notice.hidden = !text;
}

async function fetchPage(url, options) {
  const reply = await fetch(url, { credentials: "same-origin", ...options });
  const text = await reply.text();
  const doc = new DOMParser().parseFromString(text, "text/html");
  return { ok: reply.ok && !reply.redirected, doc };
}

// ---- live pages: the same page is asked for again and the parts that changed are exchanged ----

function focusKey() {
  const at = document.activeElement;
  const row = at.closest("[data-record]");
  const href = at.getAttribute("href");
  return { row: row && row.dataset.record, href, id: at.id, text: at.textContent };
}

function focusAgain(key, root) {
  const rows = all("[data-record]", root).filter((r) => r.dataset.record === key.row);
  const same = (e) => {
    if (key.id) return e.id === key.id;
    return key.href ? e.getAttribute("href") === key.href : e.textContent === key.text;
  };
  const found = (key.row ? rows : [root]).flatMap((r) => all("a,button,summary", r)).find(same);
  if (found) found.focus({ preventScroll: true });
}

function exchange(old, fresh) {
  if (old.innerHTML === fresh.innerHTML) return;
  const known = new Set(all("[data-record]", old).map((row) => row.dataset.record));
  const open = all("details", old).map((d) => d.open);
  const focused = old.contains(document.activeElement);
  const key = focused && focusKey();
  const top = scrollY;
  const node = document.adoptNode(fresh);
  old.replaceWith(node);
  all("details", node).forEach((d, i) => { d.open = Boolean(open[i]); });
  for (const row of all("tr[data-record]", node)) {
    if (!known.has(row.dataset.record)) row.classList.add("arrived");
  }
  if (focused) focusAgain(key, node);
  scrollTo(scrollX, top);
  regions();
}

async function refresh() {
  try {
    const { ok, doc } = await fetchPage(location.href);
    if (!ok) return;
    const fresh = all("[data-live]", doc);
    all("[data-live]").forEach((old, i) => fresh[i] && exchange(old, fresh[i]));
  } catch {
    say(page.offline);
  }
}

function listen() {
  if (!page.events || !document.querySelector("[data-live]")) return;
  const again = later(200 + Math.random() * 400, refresh);
  const source = new EventSource(page.events);
  let lost = false;
  source.onmessage = again;
  source.onerror = () => { lost = true; };
  source.onopen = () => {
    if (lost) again();
    lost = false;
  };
  addEventListener("pagehide", () => source.close());
}

// A region that does not scroll needs no stop for the keyboard.
function regions() {
  for (const box of all(".scroll")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}

// ---- keys ----

function step(by) {
  const rows = all("tr[data-record]").map((row) => row.querySelector("a")).filter(Boolean);
  if (!rows.length) return;
  const at = rows.indexOf(document.activeElement.closest("tr")?.querySelector("a"));
  const next = rows[Math.max(0, Math.min(rows.length - 1, at + by))];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

function escape(typing) {
  if (typing) {
    document.activeElement.blur();
    return;
  }
  const back = document.querySelector("[data-back]");
  if (back) back.click();
  else if (history.length > 1) history.back();
}

const follow = (rel) => document.querySelector(`main a[rel="${rel}"]`)?.click();

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  n: () => follow("next"),
  p: () => follow("prev"),
  g: () => location.assign(page.home),
  "?": () => location.assign("/keys"),
};

function key(event) {
  const typing = event.target.closest("input,textarea,select");
  if (event.isComposing || event.altKey || event.metaKey) return;
  if (event.ctrlKey) {
    if (event.key !== "Enter") return;
    const form = event.target.closest("form[data-act]");
    const main = (form || document).querySelector(".main-act");
    if (main) main.click();
    return;
  }
  if (event.key === "Escape") {
    escape(typing);
    return;
  }
  if (typing || page.keys === "off" || !KEYS[event.key]) return;
  event.preventDefault();
  KEYS[event.key]();
}

// ---- forms ----

function rename(row, from, to) {
  const change = (text) => text.replace(from, to);
  for (const e of all("[name],[id],[for],[aria-describedby]", row)) {
    for (const name of ["name", "id", "for", "aria-describedby"]) {
      if (e.hasAttribute(name)) e.setAttribute(name, change(e.getAttribute(name)));
    }
  }
}

function addRow(button) {
  const list = button.closest("[data-rows]");
  const name = list.dataset.rows;
  const rows = all(":scope > .row", list);
  const named = rows.flatMap((row) => all("[name]", row));
  const numbers = named.map((e) => Number(e.name.split(".")[1]) || 0);
  const next = rows.length ? Math.max(-1, ...numbers) + 1 : 0;
  const row = list.querySelector("template").content.firstElementChild.cloneNode(true);
  rename(row, name + ".new.", name + "." + next + ".");
  const label = row.getAttribute("aria-label").replace(/\d+$/, rows.length + 1);
  row.setAttribute("aria-label", label);
  const drop = row.querySelector("[data-drop]");
  if (drop) drop.textContent = drop.textContent.replace(/\d+$/, rows.length + 1);
  button.parentElement.before(row);
  row.querySelector("input:not([type=hidden]),textarea,select")?.focus();
}

function dropRow(button) {
  const row = button.closest(".row");
  const next = row.nextElementSibling;
  row.remove();
  (next.querySelector("input:not([type=hidden]),textarea,select,button") || next).focus();
}

function clicked(event) {
  const button = event.target.closest("[data-add],[data-drop]");
  if (!button) return;
  event.preventDefault();
  const form = button.form;
  if (button.dataset.add !== undefined) addRow(button);
  else dropRow(button);
  form.dispatchEvent(new Event("input", { bubbles: true }));
}

function previews(form) {
  const box = form.querySelector("#preview");
  if (!box) return;
  box.querySelector("button").parentElement.hidden = true;
  form.addEventListener("input", later(400, async () => {
    const data = new FormData(form);
    for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
    data.set("do", "preview");
    try {
      const { doc } = await fetchPage(form.action, { method: "POST", body: data });
      const fresh = doc.querySelector("#preview");
      if (!fresh) return;
      fresh.querySelector("button").parentElement.hidden = true;
      box.replaceChildren(...fresh.childNodes);
    } catch {
      say(page.offline);
    }
  }));
}

// What was typed waits in this tab until the act is done.
const TYPED = "input:not([type=hidden],[type=password],[type=file]),textarea,select";
const typed = (form) => all(TYPED, form).filter((e) => e.name);
const tick = (e) => e.type === "radio" || e.type === "checkbox";
const slot = (e) => e.name + (e.type === "radio" ? "=" + e.value : "");
const rowCount = (list) => all(":scope > .row", list).length;

function restore(form, place) {
  const kept = sessionStorage.getItem(place);
  if (!kept || document.querySelector(".summary")) return;
  const values = JSON.parse(kept);
  for (const [name, rows] of Object.entries(values.rows)) {
    const add = form.querySelector(`[data-add="${CSS.escape(name)}"]`);
    while (add && rowCount(add.closest("[data-rows]")) < rows) addRow(add);
  }
  let changed = false;
  for (const e of typed(form)) {
    const was = values.fields[slot(e)];
    if (was === undefined) continue;
    if (was !== (tick(e) ? e.checked : e.value)) changed = true;
    if (tick(e)) e.checked = was;
    else e.value = was;
  }
  if (changed) say(page.restored);
}

function drafts(form) {
  const place = "draft:" + location.pathname + location.search;
  restore(form, place);
  form.addEventListener("input", later(300, () => {
    const values = { fields: {}, rows: {} };
    for (const list of all("[data-rows]", form)) values.rows[list.dataset.rows] = rowCount(list);
    for (const e of typed(form)) values.fields[slot(e)] = tick(e) ? e.checked : e.value;
    sessionStorage.setItem(place, JSON.stringify(values));
  }));
  form.addEventListener("submit", () => sessionStorage.setItem("sent", place));
}

function sending(event) {
  const form = event.target;
  if (form.method !== "post") return;
  if (!navigator.onLine) {
    event.preventDefault();
    say(page.offline);
    return;
  }
  event.submitter?.setAttribute("aria-busy", "true");
}

if (document.querySelector(".flash")) {
  sessionStorage.removeItem(sessionStorage.getItem("sent"));
  sessionStorage.removeItem("sent");
}
for (const form of all("form[data-act]")) {
  drafts(form);
  previews(form);
}
document.querySelector(".summary")?.focus();
document.addEventListener("keydown", key);
document.addEventListener("click", clicked);
document.addEventListener("submit", sending);
addEventListener("pageshow", () => {
  for (const e of all("[aria-busy]")) e.removeAttribute("aria-busy");
});
addEventListener("resize", later(200, regions));
regions();
listen();
