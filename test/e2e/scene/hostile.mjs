// What people paste: markup, quotes, text from right to left, ten thousand characters. In every
// text field it comes back as the text it is, here and at the other office.
import { expectStatus, look, person } from "../lib/browser.mjs";
import { check, equal, part } from "../lib/tally.mjs";
import { assign, button, main, openRound, shows } from "./round.mjs";

const PROBE =
  "<script>alert(1)</script><img src=x onerror=alert(2)>\"'`&amp;{{subject}}</textarea>";
const RTL = "\u202eמימין لليمين\u202c";
const LINE = `Thử ${PROBE} ${RTL}`;
const LONG = `${LINE}\n` + "Đoạn văn dài để thử giới hạn. ".repeat(333);

// Fills every empty text field of the form with the probe.
async function fillAll(page) {
  const fields = page.locator("form[data-act] :is(input[type=text]:not([inputmode]):not(.date), " +
    "textarea):visible");
  for (const field of await fields.all()) {
    const long = await field.evaluate((e) => e.tagName === "TEXTAREA");
    await field.fill(long ? LONG : LINE);
  }
  return fields.count();
}

async function asText(page, where) {
  const text = await main(page).innerText();
  check(text.includes("<script>alert(1)</script>"), `${where}: markup is shown as text`);
  check(text.includes("{{subject}}"), `${where}: a template's mark is shown as text`);
  const made = await page.evaluate(() =>
    document.querySelectorAll("main script, main img, [onerror]").length);
  equal(made, 0, `${where}: nothing was made of it`);
}

const act = (page) => page.locator(".act-line").getByRole("button").first().click();

async function ask(scene, page) {
  await page.goto(scene.demo.offices.VPCP.url + "/act/consultation.ask");
  check(await fillAll(page) >= 3, "there are text fields");
  await page.getByLabel("(VPTW)").check();
  await page.getByLabel("Thường", { exact: true }).check();
  await page.getByLabel("Số ngày làm việc để trả lời").fill("<b>");
  expectStatus(page, 422);
  await act(page);
  await page.locator(".summary").waitFor();
  equal(await page.getByLabel("Trích yếu").inputValue(), LINE, "a refused form keeps the line");
  equal((await page.getByLabel("Nội dung xin ý kiến").inputValue()).length, LONG.length,
    "a refused form keeps ten thousand characters");
  await look(page, "form full of probes");
  await page.getByLabel("Số ngày làm việc để trả lời").fill("5");
  await page.getByLabel("Hạn theo luật", { exact: true }).fill("");
  await page.getByLabel("Căn cứ của hạn theo luật").fill("");
  await act(page);
  await shows(page, "Đã gửi xin ý kiến.");
  await asText(page, "record");
  await look(page, "record full of probes");
}

async function answer(scene) {
  const at = (login) => person(scene.browser, scene.demo, "VPTW", login);
  const clerk = await at("vanthu");
  await clerk.goto(scene.demo.offices.VPTW.url + "/view/consultation.list");
  await main(clerk).getByRole("link", { name: "Thử <script>" }).waitFor();
  await asText(clerk, "list of the other office");
  await look(clerk, "list full of probes");
  await openRound(clerk, LINE.slice(0, 40));
  await asText(clerk, "record at the other office");
  await button(clerk, "Tiếp nhận");
  await shows(clerk, "Đã tiếp nhận và vào sổ.");
  const chief = await at("chanhvp");
  await assign(chief, LINE.slice(0, 40));
  const officer = await at("chuyenvien");
  await openRound(officer, LINE.slice(0, 40));
  await button(officer, "Soạn ý kiến");
  await officer.getByLabel("Đồng ý, có góp ý").check();
  await officer.getByLabel("Tham khảo").first().check();
  check(await fillAll(officer) >= 4, "all fields of a point");
  expectStatus(officer, 422);
  await act(officer);
  // what is too long for its field is named and kept whole, never cut
  await officer.locator(".summary").getByText("Nội dung góp ý").first().waitFor();
  const text = officer.getByLabel("Nội dung góp ý").first();
  equal((await text.inputValue()).length, LONG.length, "a text that is too long is kept whole");
  for (const field of await officer.locator("[aria-invalid=true]").all()) await field.fill(LINE);
  await act(officer);
  await shows(officer, "Đã lưu dự thảo ý kiến.");
  await asText(officer, "draft");
  await look(officer, "draft full of probes");
}

export async function hostile(scene) {
  const asker = await person(scene.browser, scene.demo, "VPCP", "chuyenvien");
  await part("probes in a request", () => ask(scene, asker));
  await part("probes at the other office", () => answer(scene));
}
