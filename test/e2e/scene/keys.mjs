// By keyboard alone: log in, find a row, open it, do its main act, come back.
import { WAIT_MS, expectStatus, look, person, tab } from "../lib/browser.mjs";
import { command } from "../lib/offices.mjs";
import { check, equal, part } from "../lib/tally.mjs";
import { main, shows } from "./round.mjs";

const SUBJECT = "Chỉ bằng bàn phím";
const OFFICER = "Chuyên viên Vụ Tổng hợp";
const TABS_MAX = 80;

// The element that has the focus: what it is called, and whether one can see where one is.
const focused = (page) => page.evaluate(() => {
  const at = document.activeElement;
  const label = at.labels?.[0]?.textContent || at.getAttribute("aria-label") || at.textContent;
  const style = getComputedStyle(at);
  return {
    name: label.trim().replace(/\s+/g, " "),
    seen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0,
    row: at.closest("tr")?.dataset.record ?? "",
  };
});

async function tabTo(page, name) {
  for (let i = 0; i < TABS_MAX; i += 1) {
    await page.keyboard.press("Tab");
    const at = await focused(page);
    if (!at.seen && at.name) check(false, "the focus is always visible", at.name);
    if (at.name.startsWith(name)) return;
  }
  throw new Error(`no "${name}" within ${TABS_MAX} tabs`);
}

async function login(scene, code, name) {
  const context = await scene.browser.newContext({ locale: "vi-VN" });
  context.setDefaultTimeout(WAIT_MS);
  const page = await context.newPage();
  await page.goto(scene.demo.offices[code].url + "/");
  await page.keyboard.type(name);
  await page.keyboard.press("Tab");
  await page.keyboard.type(scene.demo.password);
  await page.keyboard.press("Enter");
  await page.getByRole("navigation", { name: "Các mảng công việc" }).waitFor();
  return page;
}

// A round whose files, none, cannot be late.
async function request(scene, asked, subject) {
  const { json } = await command(["exchange", scene.demo.offices.VPCP.dir]);
  const office = json.peers.find((peer) => peer.code === asked).peer;
  const { code, out } = await command(["act", scene.demo.offices.VPCP.dir, "--as", "chuyenvien",
    "consultation.ask", `subject=${subject}`, "days=5", "urgency=normal",
    `asked:=[{"office":"${office}"}]`]);
  if (code !== 0) throw new Error(out);
}

async function walk(scene) {
  const page = await login(scene, "VPQH", "vanthu");
  await tabTo(page, "Xin ý kiến");
  await page.keyboard.press("Enter");
  await main(page).getByRole("link", { name: SUBJECT }).waitFor();
  await page.keyboard.press("j");
  const first = await focused(page);
  await page.keyboard.press("j");
  const second = await focused(page);
  check(first.row && second.row && first.row !== second.row, "j goes from row to row");
  check(second.seen, "the row in focus is visible");
  await page.keyboard.press("k");
  equal((await focused(page)).row, first.row, "k goes back");
  for (let i = 0; i < TABS_MAX && (await focused(page)).name !== SUBJECT; i += 1) {
    await page.keyboard.press("j");
  }
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: SUBJECT }).waitFor();
  await page.keyboard.press("Control+Enter");
  await shows(page, "Đã tiếp nhận và vào sổ.");
  await page.keyboard.press("Control+Enter"); // the main act is now to assign
  await page.getByRole("heading", { level: 1, name: "Phân công" }).waitFor();
  await tabTo(page, "Người soạn ý kiến");
  const chosen = () => page.getByLabel("Người soạn ý kiến").locator("option:checked").innerText();
  for (let i = 0; i < TABS_MAX && !(await chosen()).startsWith(OFFICER); i += 1) {
    await page.keyboard.press("ArrowDown");
  }
  await page.keyboard.press("Control+Enter");
  await shows(page, "Đã phân công.");
  await page.keyboard.press("?");
  await page.getByRole("heading", { name: "Phím tắt" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("heading", { level: 1, name: SUBJECT }).waitFor();
  await page.keyboard.press("g");
  await page.getByRole("heading", { level: 1, name: "Hôm nay" }).waitFor();
  await page.context().close();
}

const DRAFT = "/view/consultation.writing?record=";

async function openDraft(page, scene, record) {
  await page.goto(scene.demo.offices.VPQH.url + DRAFT + record);
  await page.getByLabel("Ý kiến chung").waitFor();
}

const save = (page) =>
  page.locator(".act-line").getByRole("button", { name: "Soạn ý kiến" }).click();

// The second of two tabs is told, and what was typed into it is still there.
async function twoTabs(scene, page, record) {
  const second = await tab(page, "VPQH second tab");
  await openDraft(page, scene, record);
  await openDraft(second, scene, record);
  await page.getByLabel("Đồng ý", { exact: true }).check();
  await page.getByLabel("Ý kiến chung").fill("Bản thứ nhất.");
  await save(page);
  await shows(page, "Đã lưu dự thảo ý kiến.");
  expectStatus(second, 412);
  await second.getByLabel("Đồng ý", { exact: true }).check();
  await second.getByLabel("Ý kiến chung").fill("Bản thứ hai, gõ ở thẻ khác.");
  await save(second);
  await second.locator(".summary").getByText("đã được người khác sửa").waitFor();
  equal(await second.getByLabel("Ý kiến chung").inputValue(), "Bản thứ hai, gõ ở thẻ khác.",
    "the second tab keeps what was typed");
  await look(second, "form that was overtaken");
  await openDraft(page, scene, record);
  equal(await page.getByLabel("Ý kiến chung").inputValue(), "Bản thứ nhất.",
    "the first tab's text is what is stored");
  await second.close();
}

// The session ends while a form is filled: the person logs in again and finds the text.
async function sessionEnds(scene, page, record) {
  await openDraft(page, scene, record);
  const typed = "Câu này gõ dở khi phiên làm việc hết.";
  await page.getByLabel("Ý kiến chung").fill(typed);
  await page.waitForFunction((text) => Object.values(sessionStorage).some((v) => v.includes(text)),
    typed);
  await page.context().clearCookies({ name: /session/ });
  expectStatus(page, 401, 403, 409);
  await save(page);
  await page.getByLabel("Tên đăng nhập").fill("chuyenvien");
  await page.getByLabel("Mật khẩu").fill(scene.demo.password);
  await page.getByRole("button", { name: "Đăng nhập" }).click();
  await page.getByRole("navigation", { name: "Các mảng công việc" }).waitFor();
  if (!page.url().includes(DRAFT)) await openDraft(page, scene, record);
  equal(await page.getByLabel("Ý kiến chung").inputValue(), typed,
    "what was typed is there after logging in again");
  await page.getByText("Đã khôi phục nội dung nhập dở trước đó.").waitFor();
  await save(page);
  await shows(page, "Đã lưu dự thảo ý kiến.");
}

export async function keys(scene) {
  await request(scene, "VPQH", SUBJECT);
  await part("by keyboard alone: log in, list, record, act", () => walk(scene));
  const officer = await person(scene.browser, scene.demo, "VPQH", "chuyenvien");
  await officer.goto(scene.demo.offices.VPQH.url + "/view/consultation.list");
  await main(officer).getByRole("link", { name: SUBJECT }).click();
  await officer.getByRole("heading", { level: 1, name: SUBJECT }).waitFor();
  const record = new URL(officer.url()).searchParams.get("record");
  await part("two tabs write the same draft", () => twoTabs(scene, officer, record));
  await part("the session ends while a form is filled", () => sessionEnds(scene, officer, record));
}
