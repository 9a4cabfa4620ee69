// Walks through the pages of a running office in a real browser: with and without script, keyboard,
// live rows, drafts, narrow and dark, and axe on every page: node test/e2e/pages.mjs
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { browserStart } from "./lib/browser.mjs";
import { demoStart, folder } from "./lib/offices.mjs";
import { check, finish, part } from "./lib/tally.mjs";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const top = folder();
const demo = await demoStart(join(top, "demo"));
const base = demo.offices.VPCP.url;
const login = "chanhvp"; // a chief of office sees all these pages
const holds = (good, what) => check(good, what);
const browser = await browserStart();

async function person(options) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  context.setDefaultTimeout(10000);
  const page = await context.newPage();
  page.on("pageerror", (error) => holds(false, "script error: " + error.message));
  page.on("console", (line) => {
    if (/Content Security Policy/.test(line.text())) holds(false, "policy: " + line.text());
  });
  await page.goto(base + "/login");
  await page.fill("#login", login);
  await page.fill("#password", demo.password);
  await page.click("main button");
  await page.waitForURL((url) => !url.pathname.startsWith("/login"));
  return page;
}

async function accessible(page, label) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate((rules) => axe.run(document, { runOnly: rules }), RULES);
  const list = violations.map((v) => v.id + " " + v.nodes[0].html.slice(0, 120)).join("; ");
  holds(violations.length === 0, `axe finds nothing: ${label} ${list}`);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  holds(over <= 0, `nothing hangs over the edge: ${label}`);
}

async function everyPage(label, options) {
  const page = await person(options);
  const paths = ["/", "/view/note.list", "/act/note.write", "/view/consultation.list"];
  paths.push("/act/consultation.ask", "/view/office.people", "/you", "/keys", "/nothing-here");
  for (const path of paths) {
    await page.goto(base + path);
    await accessible(page, `${label} ${path}`);
  }
  await page.context().close();
}

async function withoutScript() {
  const page = await person({ javaScriptEnabled: false });
  const file = join(top, "Dự thảo Nghị định.txt");
  writeFileSync(file, "Điều 1. Phạm vi điều chỉnh\n");
  await page.goto(base + "/act/consultation.ask");
  await page.fill('[name="summary"]', "Về phạm vi điều chỉnh");
  await page.setInputFiles('input[type="file"]', file);
  await page.fill('[name="asked_bodies.0.name"]', "Liên đoàn Thương mại và Công nghiệp Việt Nam");
  await page.click('[data-add="asked_bodies"]');
  holds(await page.locator('[name="asked_bodies.1.name"]').count() === 1, "a row is added");
  holds(await page.locator(".kept").count() === 1, "the file stays");
  await page.click(".act-line .main-act");
  holds(await page.locator(".summary li").count() >= 1, "problems are summed up on top");
  holds(await page.inputValue('[name="summary"]') === "Về phạm vi điều chỉnh", "the text stays");
  await page.fill('[name="subject"]', "Dự thảo Nghị định về công tác phối hợp");
  await page.fill('[name="days"]', "5");
  await page.check('[name="urgency"] >> nth=1');
  await page.click("#preview button");
  holds(/\d\d\/\d\d\/\d{4}/.test(await page.locator("#preview").innerText()), "a preview");
  await page.click(".act-line .main-act");
  holds(await page.locator(".flash").count() === 1, "the act is done");
  const [download] = await Promise.all([page.waitForEvent("download"), page.click(".files a")]);
  holds(download.suggestedFilename() === "Dự thảo Nghị định.txt", "the file keeps its name");
  await page.context().close();
}

async function withScript() {
  const page = await person({});
  const other = await person({});
  await other.goto(base + "/view/note.list");
  await page.goto(base + "/act/note.write");
  await page.fill('[name="title"]', "Nhắc các vụ gửi số liệu tháng 11");
  await page.waitForFunction(() => Object.keys(sessionStorage).some((k) => k.startsWith("draft:")));
  await page.reload();
  holds((await page.inputValue('[name="title"]')).startsWith("Nhắc"), "a draft comes back");
  const before = await other.locator("tr[data-record]").count();
  await page.keyboard.press("Control+Enter");
  await page.waitForURL(/note\.show/);
  holds(await page.evaluate(() => sessionStorage.length) === 0, "the draft goes with the act");
  const more = (n) => document.querySelectorAll("tr[data-record]").length > n;
  const came = await other.waitForFunction(more, before).then(() => true, () => false);
  holds(came, "a row arrives by itself");
  holds(await other.locator("tr.arrived").count() === 1, "and is marked");
  await other.keyboard.press("j");
  holds(await other.evaluate(() => Boolean(document.activeElement.closest("tr"))), "j chooses a row");
  await other.keyboard.press("Enter");
  await other.waitForURL(/note\.show/);
  await page.goto(base + "/act/consultation.ask");
  await page.fill('[name="days"]', "5");
  const said = () => /\d\d\/\d\d\/\d{4}/.test(document.querySelector("#preview").innerText);
  holds(await page.waitForFunction(said).then(() => true, () => false), "the preview follows");
  await page.click('[data-add="asked_bodies"]');
  const focus = await page.evaluate(() => document.activeElement.name);
  holds(focus === "asked_bodies.1.name", "a new row has the focus");
  await page.click(".act-line .main-act");
  await page.waitForSelector(".summary");
  holds(await page.evaluate(() => document.activeElement.className) === "summary", "so have problems");
  await accessible(page, "a refused form");
  await page.goto(base + "/view/consultation.list");
  await page.click("tbody a");
  await page.waitForLoadState();
  await accessible(page, "a request");
  await page.context().close();
  await other.context().close();
}

await part("without script", withoutScript);
await part("with script", withScript);
await part("every page, wide", () => everyPage("wide", {}));
await part("every page, dark", () => everyPage("dark", { colorScheme: "dark" }));
await part("every page, phone", () => everyPage("phone", { viewport: { width: 360, height: 640 } }));
await browser.close();
await demo.stop();
process.exit(finish());
