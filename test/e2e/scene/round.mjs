// Steps 2 to 4 as people do them: a draft goes out to three offices, their opinions come back.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { WAIT_MS, expectStatus, look, person } from "../lib/browser.mjs";
import { OFFICES } from "../lib/offices.mjs";
import { paperTexts } from "../lib/papers.mjs";
import { check, equal, part } from "../lib/tally.mjs";

const SUBJECT = "Dự thảo Quy chế phối hợp giữa bốn văn phòng";
const SUMMARY = "Đề nghị cho ý kiến về toàn bộ dự thảo, trọng tâm là thời hạn trả lời tại Điều 5.";
const SECOND = "Chương trình phiên họp liên tịch tháng tới";
const BODY = "Bộ Nội vụ";
const ASKED = ["VPTW", "VPCTN", "VPQH"];
const LIST = "/view/consultation.list";
const TIME = /\d\d\/\d\d\/\d{4} \d\d:\d\d/;
const DEADLINE = /thứ\s(Hai|Ba|Tư|Năm|Sáu)\s\d\d\/\d\d\/\d{4} 17:00/;

export const main = (page) => page.locator("main");
const row = (page, subject) => main(page).locator("tbody tr", { hasText: subject });

export async function button(page, name) {
  await main(page).getByRole("button", { name, exact: true })
    .or(main(page).getByRole("link", { name, exact: true })).first().click();
}

export const shows = (page, text) => main(page).getByText(text).first().waitFor();

// A page that is marked and still marked later was not loaded again.
const mark = (page) => page.evaluate(() => { window.notReloaded = true; });
const marked = (page) => page.evaluate(() => window.notReloaded === true);

export async function openRound(page, subject = SUBJECT) {
  await page.goto(new URL(LIST, page.url()).href);
  await row(page, subject).getByRole("link").first().click();
  await page.getByRole("heading", { level: 1, name: subject }).waitFor();
}

// Files are whole a moment after their entry; until then the registry is told to wait.
export async function register(page) {
  await button(page, "Tiếp nhận");
  await shows(page, "Đã tiếp nhận và vào sổ.");
}

async function ask(scene, page) {
  await page.getByRole("link", { name: "Xin ý kiến", exact: true }).first().click();
  await look(page, "list of rounds");
  await button(page, "Xin ý kiến");
  await page.getByLabel("Trích yếu").fill(SUBJECT);
  await page.getByLabel("Nội dung xin ý kiến").fill(SUMMARY);
  await page.getByLabel("Dự thảo và tài liệu kèm theo").setInputFiles(scene.drafts);
  for (const code of ASKED) {
    await page.getByLabel(`${scene.demo.offices[code].name} (${code})`).check();
  }
  await page.getByLabel("Tên cơ quan, tổ chức").fill(BODY);
  await page.getByLabel("Số ngày làm việc để trả lời").fill("5");
  await page.getByLabel("Thường", { exact: true }).check();
  const preview = page.locator("#preview");
  await preview.getByText(DEADLINE).first().waitFor();
  await preview.getByText(/Thời hạn 5 ngày làm việc kể từ/).first().waitFor();
  await look(page, "form of a request");
  const files = await page.getByLabel("Dự thảo và tài liệu kèm theo")
    .evaluate((input) => input.files.length);
  equal(files, 3, "the preview leaves the chosen files alone");
  await page.locator(".act-line").getByRole("button", { name: "Xin ý kiến" }).click();
  await shows(page, "Đã gửi xin ý kiến.");
  await shows(page, "0/4 đã trả lời");
  await look(page, "record of the asker");
}

async function arrival(pages) {
  for (const code of ASKED) {
    const page = pages[code];
    await row(page, SUBJECT).waitFor();
    check(await marked(page), `${code}: the row arrives without loading the page again`);
  }
}

// A second round, which one office does not take.
async function refusal(asker, clerk) {
  await asker.goto(new URL("/act/consultation.ask", asker.url()).href);
  await asker.getByLabel("Trích yếu").fill(SECOND);
  await asker.getByLabel("(VPQH)").check();
  await asker.getByLabel("Số ngày làm việc để trả lời").fill("3");
  await asker.getByLabel("Khẩn", { exact: true }).check();
  await asker.locator(".act-line").getByRole("button", { name: "Xin ý kiến" }).click();
  await shows(asker, "0/1 đã trả lời");
  await mark(asker);
  await clerk.goto(new URL(LIST, clerk.url()).href);
  await row(clerk, SECOND).getByRole("link").first().click();
  await button(clerk, "Từ chối tiếp nhận");
  const reason = "Nội dung thuộc thẩm quyền của Ủy ban Thường vụ Quốc hội, đề nghị gửi lại.";
  await clerk.getByLabel("Lý do từ chối").fill(reason);
  await look(clerk, "form of a refusal");
  await clerk.locator(".act-line").getByRole("button").first().click();
  await shows(clerk, "Đã từ chối tiếp nhận");
  const line = asker.locator(".deliveries > li", { hasText: "Không nhận" });
  await line.waitFor();
  const text = await line.innerText();
  check(/VPQH/.test(text) && text.includes(reason) && TIME.test(text),
    "a refusal comes back with its time and reason", text);
  check(await marked(asker), "the refusal shows without loading the page again");
}

// Chief, officer, leader of one office.
async function staff(scene, code) {
  return {
    chief: await person(scene.browser, scene.demo, code, "chanhvp"),
    officer: await person(scene.browser, scene.demo, code, "chuyenvien"),
    leader: await person(scene.browser, scene.demo, code, "lanhdao"),
  };
}

export async function assign(page, subject = SUBJECT) {
  await openRound(page, subject);
  await button(page, "Phân công");
  await page.getByLabel("Người soạn ý kiến")
    .selectOption({ label: "Chuyên viên Vụ Tổng hợp · Vụ Tổng hợp" });
  await page.getByLabel("Ý kiến chỉ đạo").fill("Phối hợp Vụ Pháp luật, trình trước hạn một ngày.");
  await page.locator(".act-line").getByRole("button", { name: "Phân công" }).click();
  await shows(page, "Đã phân công.");
}

export async function point(page, i, { clause, level, text, wording = "" }) {
  const rows = page.getByRole("group", { name: "Góp ý cụ thể" }).locator(".row");
  if (await rows.count() <= i) await page.getByRole("button", { name: "Thêm dòng" }).click();
  await rows.nth(i).getByLabel("Điều, khoản, điểm").fill(clause);
  await rows.nth(i).getByLabel(level).check();
  await rows.nth(i).getByLabel("Nội dung góp ý").fill(text);
  if (wording) await rows.nth(i).getByLabel("Đề nghị viết lại là").fill(wording);
}

const POINTS = [
  { clause: "khoản 2 Điều 5", level: "Điều kiện để đồng ý",
    text: "Thời hạn trả lời tối thiểu là năm ngày làm việc.",
    wording: "Thời hạn trả lời không ít hơn năm ngày làm việc." },
  { clause: "Điều 9", level: "Đề nghị sửa", text: "Báo cáo trên hệ thống, không gửi bản giấy." },
  { clause: "điểm đ khoản 1 Điều 3", level: "Kỹ thuật văn bản", text: "Thống nhất tên cơ quan." },
];

// Presses of the pointer since the page was opened; typing and Tab are free.
const presses = (page) => page.evaluate(() => Number(sessionStorage.presses || 0));

async function draft(page) {
  await page.addInitScript(() => addEventListener("pointerdown", () => {
    sessionStorage.presses = Number(sessionStorage.presses || 0) + 1;
  }, true));
  await openRound(page);
  await page.evaluate(() => { sessionStorage.presses = 0; });
  await button(page, "Soạn ý kiến");
  await page.getByLabel("Đồng ý, có góp ý").check();
  await page.getByLabel("Ý kiến chung").fill("Cơ bản nhất trí với dự thảo.");
  for (const [i, one] of POINTS.entries()) await point(page, i, one);
  await look(page, "form of an opinion");
  await page.locator(".act-line").getByRole("button", { name: "Soạn ý kiến" }).click();
  await shows(page, "Đã lưu dự thảo ý kiến.");
  const count = await presses(page);
  check(count <= 5, "three points take at most 6 clicks, the handing in included", count);
}

async function submit(page) {
  await button(page, "Trình duyệt");
  await shows(page, "Đã trình lãnh đạo.");
}

async function approve(page, subject = SUBJECT) {
  await openRound(page, subject);
  await button(page, "Phê duyệt và gửi");
  await shows(page, "Đã phê duyệt và gửi ý kiến.");
}

// One office answers with points; its leader sends the draft back once.
async function answerWithReturn(scene) {
  const { chief, officer, leader } = await staff(scene, "VPTW");
  await assign(chief);
  await draft(officer);
  await submit(officer);
  await openRound(leader);
  await look(leader, "record of the leader");
  await button(leader, "Trả lại");
  await leader.getByLabel("Yêu cầu chỉnh sửa").fill("Nêu rõ căn cứ của góp ý thứ nhất.");
  await leader.locator(".act-line").getByRole("button", { name: "Trả lại" }).click();
  await shows(leader, "Đã trả lại người soạn.");
  await officer.getByText("Nêu rõ căn cứ của góp ý thứ nhất.").first().waitFor();
  await button(officer, "Soạn ý kiến");
  const text = officer.getByLabel("Nội dung góp ý").first();
  equal(await text.inputValue(), POINTS[0].text, "a returned draft opens with what was written");
  await text.fill(POINTS[0].text + " Căn cứ: thông lệ phối hợp nhiều năm.");
  await officer.locator(".act-line").getByRole("button", { name: "Soạn ý kiến" }).click();
  await shows(officer, "Đã lưu dự thảo ý kiến.");
  await submit(officer);
  await approve(leader);
  scene.giver = officer;
}

// Another disagrees, as a whole and without a clause.
async function answerAgainst(scene) {
  const { chief, officer, leader } = await staff(scene, "VPCTN");
  await assign(chief);
  await openRound(officer);
  await button(officer, "Soạn ý kiến");
  await officer.getByLabel("Không đồng ý").check();
  await officer.getByLabel("Ý kiến chung").fill("Chưa đủ cơ sở để quy định thời hạn chung.");
  const rows = officer.getByRole("group", { name: "Góp ý cụ thể" }).locator(".row");
  equal(await rows.count(), 3, "three points can be written at once");
  check(await rows.nth(2).getByLabel("Đề nghị sửa").isChecked(), "a point asks for a change");
  // List, form, answer, tick, save: five clicks whether three points are typed or none.
  await officer.getByLabel("Lưu và trình lãnh đạo ngay").check();
  await officer.locator(".act-line").getByRole("button", { name: "Soạn ý kiến" }).click();
  await shows(officer, "Đã trình, chờ duyệt");
  await approve(leader);
}

async function behalf(scene, page) {
  await openRound(page);
  await button(page, "Nhập ý kiến bằng văn bản");
  await page.getByLabel("Ý kiến của cơ quan, tổ chức").fill(BODY);
  await page.getByLabel("Số, ký hiệu văn bản").fill("1215/BNV-TCBC");
  await page.getByLabel("Chức danh người ký văn bản").fill("Thứ trưởng");
  await page.getByLabel("Đồng ý", { exact: true }).check();
  await page.getByLabel("Ý kiến chung").fill("Nhất trí với dự thảo.");
  await page.getByLabel("Bản chụp văn bản").setInputFiles(join(scene.dir, "to-trinh.pdf"));
  await look(page, "form of an opinion on paper");
  await page.locator(".act-line").getByRole("button").first().click();
  await shows(page, "Đã nhập ý kiến thay cho cơ quan ngoài hệ thống.");
}

// Who answered, who is silent, and every receipt with its time.
async function receipts(page) {
  for (const [code, words] of [["VPTW", "Đồng ý, có góp ý"], ["VPCTN", "Không đồng ý"],
    ["VPQH", "Đã tiếp nhận, chưa trả lời"]]) {
    const text = await page.locator(".deliveries > li", { hasText: code }).innerText();
    check(/Đã đến máy chủ \d\d\/\d\d\/\d{4} \d\d:\d\d/.test(text),
      `${code}: R1 with its time`, text);
    check(/Đã tiếp nhận\s+\d\d\/\d\d\/\d{4} \d\d:\d\d · Số đến \d+/.test(text),
      `${code}: R2 with its time and number`, text);
    const name = OFFICES.find((office) => office.code === code).name;
    const standing = await row(page, name).first().innerText();
    check(standing.includes(words), `${code}: ${words}`, standing);
  }
  const outside = await row(page, BODY).first().innerText();
  check(outside.includes("Chưa trả lời"), "the body outside is still silent", outside);
}

async function answerPoint(page, text, { outcome, reason = "" }) {
  await main(page).locator("tr", { hasText: text })
    .getByRole("link", { name: "Tiếp thu, giải trình" }).click();
  await page.getByLabel(outcome, { exact: true }).check();
  if (reason) await page.getByLabel("Lý do, giải trình").fill(reason);
  await page.locator(".act-line").getByRole("button").first().click();
  await shows(page, "Đã ghi kết quả tiếp thu, giải trình.");
}

async function answerPoints(page) {
  await openRound(page);
  await answerPoint(page, POINTS[0].text, { outcome: "Tiếp thu" });
  await look(page, "opinion with answers");
  await openRound(page);
  await answerPoint(page, POINTS[1].text,
    { outcome: "Tiếp thu một phần", reason: "Giữ báo cáo giấy đối với văn bản mật." });
  await openRound(page);
  await answerPoint(page, POINTS[2].text,
    { outcome: "Giải trình", reason: "Tên viết theo quyết định thành lập." });
  await openRound(page);
  await answerPoint(page, "Chưa đủ cơ sở",
    { outcome: "Giải trình", reason: "Thời hạn chung đã được tổng kết ba năm." });
}

// A reason is owed for everything but full acceptance.
async function reasonOwed(page) {
  await openRound(page);
  await main(page).locator("tr", { hasText: POINTS[1].text })
    .getByRole("link", { name: "Tiếp thu, giải trình" }).click();
  await page.getByLabel("Giải trình", { exact: true }).check();
  expectStatus(page, 409, 422);
  await page.locator(".act-line").getByRole("button").first().click();
  await page.locator(".summary").waitFor();
  check(await page.getByLabel("Giải trình", { exact: true }).isChecked(), "the choice is kept");
  await look(page, "form with an error");
}

async function table(scene, page) {
  await openRound(page);
  await main(page).getByRole("link", { name: "Xem bảng và tải về" }).click();
  await page.getByRole("heading", { name: "Bảng tổng hợp" }).waitFor();
  await look(page, "table of opinions");
  scene.tableUrl = page.url();
  const paths = [];
  for (const name of ["Tải bản Word", "Tải bảng Excel"]) {
    const [download] = await Promise.all([
      page.waitForEvent("download"), main(page).getByRole("link", { name }).click(),
    ]);
    const path = join(scene.dir, name.includes("Word") ? "bang-w.docx" : "bang-x.xlsx");
    await download.saveAs(path);
    paths.push(path);
  }
  const texts = paperTexts(scene.dir, paths).map((text) => text.replace(/\s+/g, ""));
  for (const [i, text] of texts.entries()) {
    for (const word of [SUBJECT, "khoản 2 Điều 5", "Giữ báo cáo giấy", "Tiếp thu một phần", BODY]) {
      check(text.includes(word.replace(/\s+/g, "")), `${paths[i].slice(-4)} holds "${word}"`,
        text.slice(0, 1500));
    }
  }
}

async function giverSees(scene) {
  const page = scene.giver;
  for (const text of ["Tiếp thu một phần", "Giữ báo cáo giấy", "Tên viết theo quyết định"]) {
    await main(page).getByText(text).first().waitFor();
  }
  await look(page, "record of a giver");
  const text = await main(page).innerText();
  check(!text.includes("Chưa đủ cơ sở"), "a giver does not see the others' opinions");
}

export async function round(scene) {
  const { browser, demo } = scene;
  const asker = await person(browser, demo, "VPCP", "chuyenvien");
  const clerks = {};
  await part("three registries have their lists open", async () => {
    for (const code of ASKED) {
      const page = await person(browser, demo, code, "vanthu");
      await page.goto(demo.offices[code].url + LIST);
      await mark(page);
      clerks[code] = page;
    }
    await look(asker, "today");
    const bars = [asker, ...Object.values(clerks)].map((page) =>
      page.locator(".top").evaluate((bar) => getComputedStyle(bar).backgroundColor));
    equal(new Set(await Promise.all(bars)).size, 4, "four offices have four colours");
  });
  await part("a draft goes out to three offices and one body outside", () => ask(scene, asker));
  await part("it arrives at all three without reloading", () => arrival(clerks));
  await part("the registries accept it", async () => {
    for (const code of ASKED) {
      await openRound(clerks[code]);
      if (code === "VPTW") await look(clerks[code], "record of a registry");
      await register(clerks[code]);
    }
  });
  await part("a second round is refused with a reason", () => refusal(asker, clerks.VPQH));
  await openRound(asker);
  await mark(asker);
  await part("one office answers with points, returned once", () => answerWithReturn(scene));
  await part("another disagrees", () => answerAgainst(scene));
  await part("the asker's page counts 2 of 4 by itself", async () => {
    await asker.getByText("2/4 đã trả lời").first().waitFor({ timeout: WAIT_MS });
    check(await marked(asker), "the asker's page was not loaded again");
    await receipts(asker);
  });
  await part("an opinion on paper is entered for the body outside", () => behalf(scene, asker));
  await part("an explanation without a reason is refused", () => reasonOwed(asker));
  await part("the asker answers each point", () => answerPoints(asker));
  await part("the table opens as DOCX and XLSX", () => table(scene, asker));
  await part("a giver sees what became of its points", () => giverSees(scene));
  scene.asker = asker;
  scene.subject = SUBJECT;
  scene.clerks = clerks;
}
