// A ballot over two offices, and the reading load: asked with script, voted without it and by
// keyboard, closed, published; deadlines that are too short; pictures of each page.
import { WAIT_MS, expectStatus, fits, look, person } from "../lib/browser.mjs";
import { part, until } from "../lib/tally.mjs";
import { button, main, shows } from "./round.mjs";
import { picture, print } from "./screens.mjs";

const SUBJECT = "Phiếu thông qua Quy chế phối hợp";
const RATE = "Thỏa thuận bốn văn phòng ngày 02/11/2026";

async function member(page, i, name, office) {
  await page.locator(`[name="members.${i}.name"]`).fill(name);
  if (office) await page.locator(`[name="members.${i}.office"]`).selectOption({ label: office });
}

async function ask(scene, page) {
  await page.goto(scene.demo.offices.VPCP.url + "/act/ballot.ask");
  await page.getByLabel("Trích yếu").fill(SUBJECT);
  await page.getByLabel("Nội dung xin ý kiến").fill("Đồng chí có thông qua dự thảo Quy chế không?");
  await member(page, 0, "Bộ trưởng, Chủ nhiệm Văn phòng");
  await page.locator('[name="members.0.chair"]').check();
  await page.getByRole("button", { name: "Thêm dòng" }).click();
  await page.locator('[name="members.1.name"]').waitFor();
  await member(page, 1, "Chủ nhiệm Văn phòng Quốc hội", "Văn phòng Quốc hội (VPQH)");
  await page.getByLabel("Số ngày làm việc").fill("5");
  await page.getByLabel("Tổng số thành viên").check();
  await page.getByRole("group", { name: "Số đồng ý cần có" }).getByLabel("Trên 1/2").check();
  await page.getByLabel("Theo ý kiến của người chủ trì").check();
  await page.getByLabel("Căn cứ của cách tính").fill("Điều 6 Quy chế làm việc");
  await look(page, "form of a ballot");
  await picture(page, "ballot-form");
  await page.locator(".act-line").getByRole("button", { name: "Gửi phiếu lấy ý kiến" }).click();
  await shows(page, "Đã gửi phiếu lấy ý kiến.");
}

const open = async (page) => {
  await page.goto(new URL("/view/ballot.list", page.url()).href);
  await main(page).getByRole("link", { name: SUBJECT }).first().click();
  await page.getByRole("heading", { level: 1, name: SUBJECT }).waitFor();
};

// Says who the member of this office is, and is that person.
async function seat(page, title) {
  await open(page);
  await main(page).getByRole("link", { name: "Chỉ định người bỏ phiếu" }).first().click();
  await page.getByLabel("Người bỏ phiếu").selectOption({ label: title });
  await page.locator(".act-line").getByRole("button", { name: "Chỉ định người bỏ phiếu" }).click();
  await shows(page, "Đã chỉ định người bỏ phiếu.");
}

async function votePlain(scene) {
  const page = await person(scene.browser, scene.demo, "VPQH", "lanhdao",
    { javaScriptEnabled: false });
  await until("the ballot has come", WAIT_MS, async () => {
    await page.goto(scene.demo.offices.VPQH.url + "/view/ballot.list");
    return main(page).getByRole("link", { name: SUBJECT }).count();
  });
  await seat(page, "Lãnh đạo");
  await button(page, "Bỏ phiếu");
  await page.getByLabel("Không đồng ý").check();
  await fits(page, "a vote without script");
  await page.locator(".act-line").getByRole("button", { name: "Bỏ phiếu" }).click();
  await shows(page, "Đã bỏ phiếu.");
  await page.context().close();
}

async function voteByKeyboard(page) {
  await seat(page, "Lãnh đạo");
  await button(page, "Bỏ phiếu");
  await page.getByRole("radio", { name: "Đồng ý", exact: true }).focus();
  await page.keyboard.press("Space");
  await picture(page, "ballot-vote");
  await look(page, "form of a vote");
  await page.getByRole("radio", { name: "Đồng ý", exact: true }).focus();
  await page.keyboard.press("Control+Enter");
  await shows(page, "Đã bỏ phiếu.");
}

async function end(scene, page) {
  await until("both have voted", WAIT_MS, async () => {
    await open(page);
    return main(page).getByText("Đã bỏ phiếu, còn niêm phong").count();
  });
  await picture(page, "ballot-open");
  await look(page, "an open ballot");
  await button(page, "Kết thúc lấy phiếu");
  if (await page.locator(".act-line").count()) {
    await page.locator(".act-line").getByRole("button", { name: "Kết thúc lấy phiếu" }).click();
  }
  await shows(page, "Đã kết thúc lấy phiếu");
  await until("the votes are opened", WAIT_MS, async () => {
    await open(page);
    return main(page).getByText("Không đồng ý", { exact: true }).count();
  });
  await button(page, "Công bố kết quả");
  await page.locator(".act-line").getByRole("button", { name: "Công bố kết quả" }).click();
  await shows(page, "1/2 thành viên đồng ý, cần trên 1/2 tổng số thành viên là 2");
  await picture(page, "ballot-result");
  await print(scene, page, "ballot-result");
  await look(page, "a decided ballot");
}

async function load(scene, page) {
  const go = (path) => page.goto(scene.demo.offices.VPCP.url + path);
  expectStatus(page, 422);
  await go("/act/consultation.set_rate");
  await page.getByLabel("Số trang mỗi ngày làm việc").fill("2");
  await page.getByLabel("Căn cứ thống nhất").fill(RATE);
  await page.locator(".act-line").getByRole("button", { name: "Đặt mức đọc" }).click();
  await go("/act/consultation.ask");
  await page.getByLabel("Trích yếu").fill("Đề án dài, thời gian ngắn");
  await page.locator('[name="draft"]').fill("Điều 1. Một quy định dài.\n".repeat(1200));
  await page.getByLabel("(VPCTN)").check();
  await page.getByLabel("Số ngày làm việc để trả lời").fill("3");
  await page.getByLabel("Thường", { exact: true }).check();
  await page.locator("#preview").getByText("Vượt mức").first().waitFor();
  await look(page, "a deadline that is too short");
  await picture(page, "load-form");
  await page.locator(".act-line").getByRole("button", { name: "Xin ý kiến" }).click();
  await page.getByText("Hạn này buộc có nơi phải đọc nhiều hơn").first().waitFor();
  await page.getByLabel("Người phê duyệt hạn ngắn").fill("Phó Chủ nhiệm Trần Văn B");
  await page.locator(".act-line").getByRole("button", { name: "Xin ý kiến" }).click();
  await shows(page, "Do Phó Chủ nhiệm Trần Văn B phê duyệt.");
  await main(page).getByRole("link", { name: /^Xem và tải phiếu/ }).click();
  await shows(page, "Hạn ngắn hơn mức đã thống nhất.");
  await picture(page, "load-cover");
  for (const [path, name] of [["/view/consultation.load", "load"],
    ["/view/consultation.time", "time"], ["/view/consultation.time_list", "time-list"],
    ["/view/ballot.list", "ballot-list"]]) {
    await go(path);
    await look(page, name);
    await picture(page, name);
    await print(scene, page, name);
  }
  await go("/view/consultation.load");
  await main(page).locator("tbody a").first().click();
  await look(page, "list behind a load");
  await picture(page, "load-list");
}

export async function ballot(scene) {
  const officer = await person(scene.browser, scene.demo, "VPCP", "chuyenvien");
  await part("a ballot is sent", () => ask(scene, officer));
  await part("a member votes without script", () => votePlain(scene));
  const leader = await person(scene.browser, scene.demo, "VPCP", "lanhdao");
  await part("a member votes by keyboard", () => voteByKeyboard(leader));
  await part("it is closed and its result worked out", () => end(scene, officer));
  const chief = await person(scene.browser, scene.demo, "VPCP", "chanhvp");
  await part("the reading load is weighed", () => load(scene, chief));
}
