// A draft that changes: asked with its text, answered, asked again, kept in one click.
import { look, lookDark, person } from "../lib/browser.mjs";
import { check, equal, part } from "../lib/tally.mjs";
import { assign, button, main, openRound, point, register, shows } from "./round.mjs";

const SUBJECT = "Dự thảo Kế hoạch phối hợp qua hai vòng";
const AGAIN = `${SUBJECT} (vòng 2)`;
const FIRST = "Điều 1. Mục đích\nĐiều 2. Thời hạn\n1. Trả lời trong 05 ngày.\n2. Có báo cáo quý.";
const SECOND = FIRST.replace("05 ngày", "07 ngày làm việc");

async function ask(scene, page) {
  await page.goto(new URL("/act/consultation.ask", page.url()).href);
  await page.getByLabel("Trích yếu").fill(SUBJECT);
  await page.getByLabel("Toàn văn dự thảo").fill(FIRST);
  await page.getByLabel("(VPQH)").check();
  await page.getByLabel("Số ngày làm việc để trả lời").fill("5");
  await page.locator(".act-line").getByRole("button", { name: "Xin ý kiến" }).click();
  await shows(page, "0/1 đã trả lời");
}

async function answer(people) {
  await openRound(people.clerk, SUBJECT);
  await register(people.clerk);
  await assign(people.chief, SUBJECT);
  await openRound(people.officer, SUBJECT);
  await button(people.officer, "Soạn ý kiến");
  await people.officer.getByLabel("Đồng ý, có góp ý").check();
  await point(people.officer, 0,
    { clause: "khoản 1 Điều 2", level: "Điều kiện để đồng ý", text: "Cần thêm thời gian." });
  await people.officer.getByLabel("Lưu và trình lãnh đạo ngay").check();
  await people.officer.locator(".act-line").getByRole("button", { name: "Soạn ý kiến" }).click();
  await shows(people.officer, "Đã trình, chờ duyệt");
  await openRound(people.leader, SUBJECT);
  await button(people.leader, "Phê duyệt và gửi");
  await shows(people.leader, "Đã duyệt và gửi");
}

async function renew(page) {
  await openRound(page, SUBJECT);
  await shows(page, "1/1 đã trả lời");
  await button(page, "Xin ý kiến lại");
  equal(await page.getByLabel("Toàn văn dự thảo").inputValue(), FIRST, "the old text is there");
  await page.getByLabel("Toàn văn dự thảo").fill(SECOND);
  await page.getByLabel("Nội dung chỉnh sửa").fill("Tăng thời hạn trả lời.");
  await look(page, "form of the next round");
  await page.locator(".act-line").getByRole("button", { name: "Xin ý kiến lại" }).click();
  await main(page).getByRole("link", { name: "Dự thảo đã có vòng mới, mở vòng mới" }).click();
  await shows(page, "Vòng 2, xem vòng trước");
}

async function changes(page) {
  await main(page).getByRole("link", { name: "Xem thay đổi theo điều, khoản, điểm" }).click();
  await page.getByRole("heading", { name: "Thay đổi của dự thảo" }).waitFor();
  equal((await page.locator("del").allInnerTexts()).join("|").trim(), "05", "what was taken out");
  equal((await page.locator("ins").allInnerTexts()).map((t) => t.trim()).join("|"), "07|làm việc",
    "what came in");
  equal(await main(page).locator("tbody tr").count(), 1, "only what changed is listed");
  await look(page, "changes of a draft");
  await lookDark(page, "changes of a draft");
}

async function openAgain(page) {
  await page.goto(new URL("/view/consultation.list", page.url()).href);
  await main(page).getByRole("link", { name: AGAIN }).click();
  await shows(page, "Vòng 2, xem vòng trước");
}

async function keep(people) {
  await openAgain(people.clerk);
  await register(people.clerk);
  await openAgain(people.leader);
  await shows(people.leader, "Cần thêm thời gian.");
  await look(people.leader, "round that asks again");
  await button(people.leader, "Vẫn giữ ý kiến");
  await shows(people.leader, "cơ quan vẫn giữ ý kiến của vòng trước");
}

async function cover(page) {
  await openAgain(page);
  await shows(page, "1/1 đã trả lời");
  await main(page).getByRole("link", { name: "Xem và tải phiếu về DOCX" }).click();
  await shows(page, "Vẫn giữ ý kiến vòng trước");
  const text = await main(page).innerText();
  check(/Dự thảo vòng 2, gửi xin ý kiến ngày \d\d\/\d\d\/\d{4}/.test(text), "which draft", text);
  await look(page, "cover sheet");
}

export async function again(scene) {
  const { browser, demo } = scene;
  const asker = await person(browser, demo, "VPCP", "chuyenvien");
  const people = {};
  for (const [role, login] of [["clerk", "vanthu"], ["chief", "chanhvp"],
    ["officer", "chuyenvien"], ["leader", "lanhdao"]]) {
    people[role] = await person(browser, demo, "VPQH", login);
  }
  await part("a draft is asked about with its text", () => ask(scene, asker));
  await part("it is answered with a point", () => answer(people));
  await part("the changed draft is asked about again", () => renew(asker));
  await part("only what changed is shown, word by word", () => changes(asker));
  await part("the opinion is kept in one click", () => keep(people));
  await part("the cover sheet tells it", () => cover(asker));
}
