// "Số liệu" in a real browser: every number opens a list of that many lines, the page on a desk, in
// the hand, dark; the files of the page and of other lists, the workbook as a foreign office program
// reads it: node test/e2e/check/figures.mjs
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SCREENS, browserStart, look, lookDark, person } from "../lib/browser.mjs";
import { demoStart, folder } from "../lib/offices.mjs";
import { check, finish, part } from "../lib/tally.mjs";

const top = folder();
const demo = await demoStart(join(top, "demo"));
const base = demo.offices.VPCP.url;
const browser = await browserStart();
const page = await person(browser, demo, "VPCP", "chanhvp");
const year = new Date(Date.now() + 7 * 3600000).getUTCFullYear();

async function pageLooks() {
  await page.goto(`${base}/view/figures.show`);
  const cells = await page.locator("section").first().locator("tbody tr").count();
  check(cells === 2, "two rows of four cells: by the deadline now and by the first one", cells);
  await look(page, "figures");
  await lookDark(page, "figures");
  await page.screenshot({ path: join(SCREENS, "figures.png"), fullPage: true });
  await page.pdf({ path: join(SCREENS, "figures.pdf"), preferCSSPageSize: true });
  const text = execFileSync("pdftotext", ["-layout", join(SCREENS, "figures.pdf"), "-"]).toString();
  check(text.includes("Văn phòng Chính phủ"), "on paper the office heads the page");
  check(!text.includes("Tải bảng Excel"), "on paper nothing asks to be clicked");
}

// All numbers of the page; each list is read to its end.
async function numbersOpenLists() {
  await page.goto(`${base}/view/figures.show?year=${year}`);
  const links = await page.locator('main a[href^="/view/figures.list"]').evaluateAll((all) => all
    .map((a) => ({ href: a.getAttribute("href"), number: a.textContent.trim() }))
    .filter((a) => /^\d+$/.test(a.number)));
  const seen = new Map(links.map((link) => [link.href, Number(link.number)]));
  check(seen.size > 30, "the page is full of numbers", seen.size);
  const wrong = [];
  for (const [href, number] of seen) {
    let rows = 0;
    for (let next = href; next;) {
      const html = await (await page.context().request.get(base + next)).text();
      rows += html.split('<tr role="row" data-record').length - 1;
      rows += html.split('<tr role="row">\n<td').length - 1;
      next = /rel="next" href="([^"]*)"/.exec(html)?.[1].replaceAll("&amp;", "&");
    }
    if (rows !== number) wrong.push(`${href}: ${number}, not ${rows}`);
  }
  check(wrong.length === 0, "every number opens a list of as many lines", wrong.join("; "));
  await page.goto(`${base}/view/figures.list?year=${year}`);
  await look(page, "list behind a figure");
}

async function file(name) {
  const answer = await page.context().request.get(`${base}/paper/${name}`);
  check(answer.status() === 200, `a file of ${name}`, answer.status());
  const path = join(top, name.replace(/\?.*/, ""));
  writeFileSync(path, await answer.body());
  return path;
}

// Rows of plain CSV, quotes and all.
function parsed(text) {
  const rows = [[]];
  for (const [, cell, end] of text.replace(/^\uFEFF/, "").trimEnd().concat("\n")
    .matchAll(/("(?:[^"]|"")*"|[^,\r\n]*)(,|\r?\n)/g)) {
    rows.at(-1).push(cell.replace(/^"|"$/g, "").replaceAll('""', '"'));
    if (end !== ",") rows.push([]);
  }
  return rows.slice(0, -1);
}

// The first sheet of each workbook as LibreOffice reads it.
function opened(paths) {
  execFileSync("soffice", [`-env:UserInstallation=file://${top}/profile`, "--headless",
    "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76", "--outdir", join(top, "out"),
    ...paths], { env: { ...process.env, HOME: top }, timeout: 120000, stdio: "ignore" });
  return paths.map((path) => path.split("/").at(-1).replace(/xlsx$/, "csv"))
    .map((name) => parsed(readFileSync(join(top, "out", name), "utf8")));
}

const plain = (row) => row.map((cell) => cell.trim().replaceAll(".", "")).filter(Boolean).join("|");

// What the program reads holds each line of our own CSV of the same page, up to its second table.
function same(rows, csv, what) {
  const own = parsed(readFileSync(csv, "utf8"));
  const blank = own.findIndex((row) => row.join("") === "");
  const first = blank < 0 ? own : own.slice(0, blank);
  const held = new Set(rows.map(plain));
  const missing = first.map(plain).filter((row) => !held.has(row));
  check(first.length > 1 && missing.length === 0, `${what}: the workbook says what the page says`,
    missing.slice(0, 3).join("; "));
}

async function files() {
  const names = [`figures.show.xlsx?year=${year}`, `figures.list.xlsx?year=${year}`,
    "office.people.xlsx"];
  const sheets = [];
  const tables = [];
  for (const name of names) {
    sheets.push(await file(name));
    tables.push(await file(name.replace(".xlsx", ".csv")));
  }
  const mark = readFileSync(tables[0]).subarray(0, 3).toString("hex");
  check(mark === "efbbbf", "CSV tells it is UTF-8", mark);
  opened(sheets).forEach((rows, i) => same(rows, tables[i], names[i]));
  await file(`figures.show.docx?year=${year}`);
  const none = await page.context().request.get(`${base}/paper/today.today.csv`);
  check(none.status() === 404, "a page without a list has no file", none.status());
}

await part("the page of figures", pageLooks);
await part("numbers and their lists", numbersOpenLists);
await part("files", files);
await browser.close();
await demo.stop();
finish();
