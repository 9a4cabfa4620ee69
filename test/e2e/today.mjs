// "Hôm nay" and what belongs to it in a real browser: the chief's page, the calendar by keyboard,
// an absence, a hand-over that two people sign, "Vì sao tôi không thấy?"; live, narrow, dark, with
// axe on every page: node test/e2e/today.mjs
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { SCREENS, browserStart } from "./lib/browser.mjs";
import { command, demoStart, folder } from "./lib/offices.mjs";
import { check, finish, part } from "./lib/tally.mjs";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const demo = await demoStart(join(folder(), "demo"));
const base = demo.offices.VPCP.url;
const holds = (good, what) => check(good, what);
const browser = await browserStart();

async function person(login, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
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

async function accessible(page, label, shot) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate((rules) => axe.run(document, { runOnly: rules }), RULES);
  const list = violations.map((v) => v.id + " " + v.nodes[0].html.slice(0, 160)).join("; ");
  holds(violations.length === 0, `axe finds nothing: ${label} ${list}`);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  holds(over <= 0, `nothing hangs over the edge: ${label}`);
  if (shot) await page.screenshot({ path: join(SCREENS, `today-${shot}.png`), fullPage: true });
}

const vn = (days) => new Date(Date.now() + days * 86400000 + 7 * 3600000).toISOString()
  .slice(0, 10).split("-").reverse().join("/");

async function choose(page, name, label) {
  const option = page.locator(`[name="${name}"] option`, { hasText: label }).first();
  await page.selectOption(`[name="${name}"]`, await option.getAttribute("value"));
}

// What the registry and the chief enter first.
async function desk() {
  const chief = await person("chanhvp");
  await chief.goto(base + "/act/oncall.add");
  await chief.fill('[name="from"]', vn(0));
  await chief.fill('[name="to"]', vn(2));
  await chief.selectOption('[name="person"]', { index: 1 });
  await chief.fill('[name="phone"]', "024 3804 1234");
  await chief.keyboard.press("Control+Enter");
  await chief.waitForSelector(".flash");
  await chief.goto(base + "/");
  holds((await chief.locator(".beside").innerText()).includes("024 3804 1234"), "on call stands beside");
  const href = await chief.locator(".lane tbody a").first().getAttribute("href");
  const record = new URL(href, base).searchParams.get("record");
  const registry = await person("vanthu");
  await registry.goto(base + "/act/consultation.register?record=" + record);
  await registry.click(".act-line .main-act");
  await registry.waitForSelector(".flash");
  await registry.context().close();
  await chief.goto(base + "/act/consultation.assign?record=" + record);
  await choose(chief, "officer", "Chuyên viên Vụ Tổng hợp");
  await chief.click(".act-line .main-act");
  await chief.waitForSelector(".flash");
  await chief.context().close();
}

const WORK = "tr[data-record]:has-text('Soạn')";

async function absence() {
  const officer = await person("chuyenvien");
  const chief = await person("chanhvp");
  await officer.goto(base + "/view/today.today");
  holds(await officer.locator(WORK).count() === 1, "the officer has work");
  await chief.goto(base + "/");
  const before = await chief.locator("main").innerText();
  holds(!before.includes("Thay Chuyên viên"), "nobody is away yet");
  await officer.goto(base + "/act/absence.plan");
  await choose(officer, "delegate", "Chánh văn phòng");
  await officer.fill('[name="from"]', vn(0));
  await officer.fill('[name="to"]', vn(1));
  await officer.fill('[name="reason"]', "Đi công tác");
  await officer.click(".act-line .main-act");
  await officer.waitForSelector(".flash");
  await accessible(officer, "an absence", "absence");
  const live = await chief.waitForFunction(() => document.body.innerText.includes("Thay Chuyên viên"))
    .then(() => true, () => false);
  holds(live, "the delegate's page says so by itself");
  await accessible(chief, "today of a delegate", "delegate");
  await officer.click('form[action="/act/absence.cancel"] button');
  await officer.waitForSelector(".flash");
  await officer.context().close();
  await chief.context().close();
}

async function handover() {
  const officer = await person("chuyenvien");
  const chief = await person("chanhvp");
  await officer.goto(base + "/act/handover.offer");
  await choose(officer, "receiver", "Chánh văn phòng");
  await officer.click("#preview button").catch(() => {}); // hidden where the script previews
  await officer.waitForFunction(() => /[1-9][0-9]* việc/.test(document.querySelector("#preview").innerText));
  await accessible(officer, "the form of a hand-over", "offer");
  await officer.click(".act-line .main-act");
  await officer.waitForSelector(".flash");
  await chief.goto(base + "/");
  await chief.click("text=Ký nhận bàn giao >> xpath=ancestor::tr >> a");
  await accessible(chief, "a hand-over to sign", "handover");
  await chief.click('form[action="/act/handover.accept"] button');
  await chief.waitForSelector(".flash");
  holds((await chief.locator(".status-line").innerText()).includes("Đã ký nhận"), "it is signed");
  await officer.goto(base + "/");
  holds(await officer.locator(WORK).count() === 0, "the work is gone");
  await chief.goto(base + "/");
  holds(await chief.locator(WORK).count() === 1, "and is the receiver's");
  await officer.context().close();
  await chief.context().close();
}

async function changes() {
  const other = await person("vanthu");
  const chief = await person("chanhvp");
  await chief.goto(base + "/");
  await other.goto(base + "/act/note.write");
  await other.fill('[name="title"]', "Nhắc lịch giao ban");
  await other.keyboard.press("Control+Enter");
  await other.waitForURL(/note\.show/);
  const line = ".changes li:has-text('Nhắc lịch giao ban')";
  const came = await chief.waitForSelector(line).then(() => true, () => false);
  holds(came, "a change arrives by itself");
  await chief.click(line + " a");
  await chief.waitForURL(/note\.show/);
  await chief.goto(base + "/");
  holds(await chief.locator(line).count() === 0, "what was opened is no news");
  await chief.click("form[action='/act/today.seen'] button");
  await chief.waitForSelector(".flash");
  holds(await chief.locator(".changes li").count() === 0, "all is marked as seen");
  await chief.context().close();
  await other.context().close();
}

async function calendar() {
  const page = await person("chanhvp");
  await page.goto(base + "/view/duedates.month?day=10/02/2027&whose=all");
  holds((await page.locator("main").innerText()).includes("Tết Nguyên đán"), "a day off says why");
  await page.keyboard.press("n");
  await page.waitForURL(/day=01(\/|%2F)03/);
  await page.keyboard.press("p");
  await page.waitForURL(/day=28(\/|%2F)02/);
  holds((await page.locator("h1").innerText()).includes("02/2027"), "n and p go on and back");
  await page.goto(base + "/view/duedates.month?whose=all");
  const link = page.locator(".calendar a").first();
  await link.focus();
  await page.keyboard.press("Enter");
  await page.waitForURL(/show|items/);
  await page.context().close();
}

async function why() {
  const officer = await person("chuyenvien");
  await officer.goto(base + "/view/why.see");
  await officer.fill("#what", "nhất định không có");
  await officer.keyboard.press("Enter");
  await officer.waitForSelector("#verdict");
  holds((await officer.locator("main").innerText()).includes("không dành cho bạn"), "no more is told");
  await accessible(officer, "why, hidden", "why");
  await officer.goto(base + "/view/consultation.list");
  const href = await officer.locator("tbody a").first().getAttribute("href");
  await officer.goto(base + "/view/why.see");
  await officer.fill("#what", base + href);
  await officer.keyboard.press("Enter");
  await officer.waitForSelector("#verdict");
  holds((await officer.locator("#verdict").innerText()).includes("Bạn được xem"), "the rule is told");
  await officer.context().close();
}

async function everyPage(label, options, shots) {
  const page = await person("chanhvp", options);
  const paths = { today: "/view/today.today", chief: "/view/chief.today" };
  Object.assign(paths, { month: "/view/duedates.month?whose=all", week: "/view/duedates.week?whose=all" });
  Object.assign(paths, { load: "/view/duedates.load", items: "/view/today.items?cell=open" });
  Object.assign(paths, { changes: "/view/today.changes", oncall: "/view/oncall.list" });
  Object.assign(paths, { honesty: "/view/honesty.show", findings: "/view/honesty.list" });
  Object.assign(paths, { nights: "/view/honesty.nights" });
  Object.assign(paths, { absences: "/view/absence.list", handovers: "/view/handover.list" });
  Object.assign(paths, { see: "/view/why.see", offer: "/act/handover.offer", plan: "/act/absence.plan" });
  for (const [name, path] of Object.entries(paths)) {
    await page.goto(base + path);
    await accessible(page, `${label} ${path}`, shots && `${label}-${name}`);
  }
  await page.context().close();
}

await part("who is on call", desk);
await part("every page, wide", () => everyPage("wide", {}, true));
await part("every page, dark", () => everyPage("dark", { colorScheme: "dark" }, true));
await part("every page, phone",
  () => everyPage("phone", { viewport: { width: 360, height: 740 } }, true));
await part("changes", changes);
await part("calendar", calendar);
await part("why", why);
await part("an absence", absence);
await part("a hand-over", handover);
await browser.close();
await demo.stop();
await part("what was handed over is made anew alike", async () => {
  const { code, out } = await command(["check", demo.offices.VPCP.dir]);
  holds(code === 0, "check: " + out.slice(0, 400));
});
process.exit(finish());
