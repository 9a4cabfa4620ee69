// The core of the scene without script: ask, register, draft, approve.
import { join } from "node:path";
import { WAIT_MS, expectStatus, fits, person } from "../lib/browser.mjs";
import { check, equal, part, until } from "../lib/tally.mjs";
import { assign, button, main, openRound, point, shows } from "./round.mjs";

const SUBJECT = "Phối hợp không cần kịch bản trang";

// Without script a page does not change by itself.
async function arrives(page) {
  await page.goto(new URL("/view/consultation.list", page.url()).href);
  await until("the request is listed", WAIT_MS, async () => {
    await page.reload();
    return main(page).getByRole("link", { name: SUBJECT }).count();
  });
}

// Files may still be on their way when the entry is there; the page says so and asks for patience.
async function register(page) {
  await openRound(page, SUBJECT);
  expectStatus(page, 409);
  await until("the request is registered", WAIT_MS, async () => {
    await openRound(page, SUBJECT);
    const open = main(page).getByRole("button", { name: "Tiếp nhận", exact: true });
    if (await open.count()) await open.click();
    return main(page).getByText("Số đến").count();
  });
}

async function ask(scene, page) {
  await page.goto(scene.demo.offices.VPCP.url + "/act/consultation.ask");
  await page.getByLabel("Trích yếu").fill(SUBJECT);
  await page.getByLabel("Dự thảo và tài liệu kèm theo")
    .setInputFiles(join(scene.dir, "bản thuyết minh.docx"));
  await page.getByLabel("(VPCTN)").check();
  await page.getByRole("button", { name: "Thêm dòng" }).click();
  equal(await page.getByLabel("Tên cơ quan, tổ chức").count(), 2, "a row is added");
  check(await page.getByLabel("(VPCTN)").isChecked(), "what was ticked stays ticked");
  await page.getByLabel("Tên cơ quan, tổ chức").nth(1).fill("Bộ Tài chính");
  await page.getByLabel("Số ngày làm việc để trả lời").fill("5");
  await page.getByLabel("Thường", { exact: true }).check();
  await page.getByRole("button", { name: "Xem trước" }).click();
  await page.locator("#preview").getByText(/17:00/).first().waitFor();
  await page.getByLabel(/bản thuyết minh\.docx/).waitFor();
  await fits(page, "form without script"); // axe needs script
  await page.locator(".act-line").getByRole("button", { name: "Xin ý kiến" }).click();
  await shows(page, "Đã gửi xin ý kiến.");
  await shows(page, "bản thuyết minh.docx");
}

async function draft(page) {
  await openRound(page, SUBJECT);
  await button(page, "Soạn ý kiến");
  await page.getByLabel("Đồng ý, có góp ý").check();
  await point(page, 0, { clause: "Điều 1", level: "Tham khảo", text: "Góp ý thứ nhất." });
  await page.getByRole("button", { name: "Thêm dòng" }).click();
  const rows = page.getByRole("group", { name: "Góp ý cụ thể" }).locator(".row");
  equal(await rows.count(), 4, "one more row than the three that were offered");
  await point(page, 1, { clause: "Điều 2", level: "Tham khảo", text: "Góp ý thứ hai." });
  await rows.nth(1).getByRole("button", { name: /Xóa dòng/ }).click();
  equal(await rows.count(), 1, "a row is dropped again");
  await page.locator(".act-line").getByRole("button", { name: "Soạn ý kiến" }).click();
  await shows(page, "Đã lưu dự thảo ý kiến.");
  await button(page, "Trình duyệt");
  await shows(page, "Đã trình lãnh đạo.");
}

export async function plain(scene) {
  const at = (code, login) =>
    person(scene.browser, scene.demo, code, login, { javaScriptEnabled: false });
  const asker = await at("VPCP", "chuyenvien");
  await part("without script: ask", () => ask(scene, asker));
  await part("without script: arrive and register", async () => {
    const clerk = await at("VPCTN", "vanthu");
    await arrives(clerk);
    await register(clerk);
  });
  await part("without script: assign, draft, submit", async () => {
    await assign(await at("VPCTN", "chanhvp"), SUBJECT);
    await draft(await at("VPCTN", "chuyenvien"));
  });
  await part("without script: approve", async () => {
    const leader = await at("VPCTN", "lanhdao");
    await openRound(leader, SUBJECT);
    await button(leader, "Phê duyệt và gửi");
    await shows(leader, "Đã phê duyệt và gửi ý kiến.");
    await until("the answer is there", WAIT_MS, async () => {
      await asker.reload();
      return main(asker).getByText("Góp ý thứ nhất.").count();
    });
  });
}
