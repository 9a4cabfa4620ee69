// People at their browsers: one context per person, watched for everything a page must not do.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "../../../web/node_modules/playwright-core/index.mjs";
import { ROOT } from "./offices.mjs";
import { check, onFailure } from "./tally.mjs";

const AXE = readFileSync(join(ROOT, "web/node_modules/axe-core/axe.min.js"), "utf8");
const AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
export const SCREENS = join(ROOT, "build/screens");
export const DESKTOP = { width: 1280, height: 900 };
export const PHONE = { width: 390, height: 844 };
const NARROWEST = { width: 360, height: 740 };
export const WAIT_MS = 6 * 1000;

const ARGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export async function browserStart() {
  mkdirSync(SCREENS, { recursive: true });
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium", args: ARGS, timeout: 30000,
  });
  onFailure(async (name) => {
    const pages = browser.contexts().flatMap((context) => context.pages());
    for (const [i, page] of pages.entries()) {
      await page.screenshot({ path: join(SCREENS, `failed-${name}-${i}.png`), fullPage: true })
        .catch(() => {}); // a page that is closing cannot be shown
    }
  });
  return browser;
}

// Statuses that a step provokes on purpose; everything else of 400 and above is a failure.
const wanted = new WeakMap();

function watch(page, who) {
  wanted.set(page, new Set());
  page.on("console", (message) => {
    if (!["error", "warning"].includes(message.type())) return;
    const status = /status of (\d+)/.exec(message.text());
    if (status && wanted.get(page).has(Number(status[1]))) return;
    check(false, `${who}: no console errors`, `${page.url()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => check(false, `${who}: no script errors`, error.stack));
  page.on("dialog", (dialog) => {
    check(false, `${who}: nothing runs that was typed`, dialog.message());
    dialog.dismiss();
  });
  page.on("response", (reply) => {
    if (reply.status() < 400 || wanted.get(page).has(reply.status())) return;
    check(false, `${who}: no failed requests`, `${reply.status()} ${reply.url()}`);
  });
  // Told by the browser itself, so it is heard without script too.
  page.on("request", (request) => {
    const own = new URL(page.url() === "about:blank" ? request.url() : page.url()).origin;
    const foreign = new URL(request.url()).origin !== own && request.resourceType() !== "document";
    if (foreign) check(false, `${who}: nothing is fetched from elsewhere`, request.url());
  });
}

export function expectStatus(page, ...statuses) {
  for (const status of statuses) wanted.get(page).add(status);
}

// A person's page, logged in as people do it.
export async function person(browser, demo, code, login, options = {}) {
  const context = await browser.newContext({
    viewport: DESKTOP, locale: "vi-VN", timezoneId: "Asia/Ho_Chi_Minh", ...options,
  });
  context.setDefaultTimeout(WAIT_MS);
  const page = await context.newPage();
  watch(page, `${code} ${login}`);
  await page.goto(demo.offices[code].url + "/");
  await page.getByLabel("Tên đăng nhập").fill(login);
  await page.getByLabel("Mật khẩu").fill(demo.password);
  await page.getByRole("button", { name: "Đăng nhập" }).click();
  await page.getByRole("navigation", { name: "Các mảng công việc" }).waitFor();
  return page;
}

export async function tab(page, who) {
  const other = await page.context().newPage();
  watch(other, who);
  return other;
}

// Resizing changes which regions scroll, and the script then says so to the keyboard.
async function settled(page) {
  await page.waitForFunction(() => [...document.querySelectorAll(".scroll")]
    .every((box) => box.scrollWidth <= box.clientWidth || box.tabIndex === 0));
}

async function axe(page, where) {
  await page.evaluate(AXE);
  const found = await page.evaluate(async (tags) => {
    const result = await axe.run(document, {
      runOnly: { type: "tag", values: tags }, resultTypes: ["violations"],
    });
    return result.violations.map((v) => `${v.id}: ${v.help}\n      ` + v.nodes.slice(0, 3)
      .map((node) => `${node.html.slice(0, 200)} ${node.any[0]?.message || ""}`).join("\n      "));
  }, AXE_TAGS);
  check(found.length === 0, `${where}: axe finds nothing`, found.join("\n    "));
}

export async function fits(page, where) {
  const over = await page.evaluate(() => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return "";
    const wide = [...document.querySelectorAll("main *")]
      .find((e) => e.getBoundingClientRect().right > root.clientWidth && !e.closest(".scroll"));
    return `${root.scrollWidth} of ${root.clientWidth}: ${wide?.outerHTML.slice(0, 200)}`;
  });
  check(over === "", `${where}: no scrolling sideways`, over);
}

// Looks at the page as it stands: on a desk, in the hand, in the smallest hand. Leaves it as it
// was. The window is as high as the page, so that no bar covers what would be scrolled from under it.
export async function look(page, name) {
  for (const [size, label] of [[DESKTOP, "desktop"], [PHONE, "phone"]]) {
    await page.setViewportSize(size);
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    await page.setViewportSize({ width: size.width, height: Math.max(height, size.height) });
    await settled(page);
    await axe(page, `${name}, ${label}`);
    await fits(page, `${name}, ${label}`);
  }
  await page.setViewportSize(NARROWEST);
  await fits(page, `${name}, 360 px`);
  await page.setViewportSize(DESKTOP);
  await settled(page);
}

export async function lookDark(page, name) {
  await page.emulateMedia({ colorScheme: "dark" });
  await axe(page, `${name}, dark`);
  await page.emulateMedia({ colorScheme: "light" });
}
