// Pictures of the main pages for people to judge, in build/screens: on a desk, in the hand, dark,
// and on paper. What a machine can judge is judged too: dark pages keep their contrast.
import { join } from "node:path";
import { DESKTOP, PHONE, SCREENS, look, lookDark, person } from "../lib/browser.mjs";
import { pictures } from "../lib/papers.mjs";
import { part } from "../lib/tally.mjs";
import { openRound } from "./round.mjs";

export async function picture(page, name) {
  const shot = (label) => page.screenshot({ path: join(SCREENS, `${name}-${label}.png`) });
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: join(SCREENS, `${name}-desktop.png`), fullPage: true });
  await page.emulateMedia({ colorScheme: "dark" });
  await shot("dark");
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize(PHONE);
  await shot("phone");
  await page.setViewportSize({ width: PHONE.width, height: 2400 });
  await shot("phone-long");
  await page.setViewportSize(DESKTOP);
  await lookDark(page, name);
}

export async function print(scene, page, name) {
  const path = join(scene.dir, `${name}.pdf`);
  await page.pdf({ path, preferCSSPageSize: true, displayHeaderFooter: false });
  pictures(path, join(SCREENS, `${name}-print`));
}

export async function screens(scene) {
  const { browser, demo } = scene;
  const page = await person(browser, demo, "VPCP", "chuyenvien");
  const go = (path) => page.goto(demo.offices.VPCP.url + path);
  await part("pictures of today, list, form", async () => {
    await go("/view/today.today");
    await picture(page, "today");
    await print(scene, page, "today");
    await go("/view/consultation.list");
    await picture(page, "list");
    await print(scene, page, "list");
    await go("/act/consultation.ask");
    await picture(page, "form");
  });
  await part("pictures of a record and its table", async () => {
    await openRound(page, scene.subject);
    await picture(page, "record");
    await print(scene, page, "record");
    await page.goto(scene.tableUrl);
    await picture(page, "table");
    await print(scene, page, "table");
  });
  await part("pictures of the other side", async () => {
    const giver = await person(browser, demo, "VPTW", "lanhdao");
    await openRound(giver, scene.subject);
    await picture(giver, "giver");
    const clerk = await person(browser, demo, "VPQH", "vanthu");
    await picture(clerk, "clerk");
    await openRound(clerk, scene.subject);
    await picture(clerk, "registry");
  });
  await part("the remaining pages are in order", async () => {
    for (const path of ["/you", "/keys", "/view/note.list"]) {
      await go(path);
      await look(page, path);
    }
    const admin = await person(browser, demo, "VPCP", "admin");
    for (const name of ["people", "units", "peers"]) {
      await admin.goto(demo.offices.VPCP.url + "/view/office." + name);
      await look(admin, `administration: ${name}`);
      await picture(admin, `admin-${name}`);
    }
    await admin.goto(demo.offices.VPCP.url + "/act/office.add_person");
    await look(admin, "form of a person");
    const stranger = await browser.newContext({ viewport: DESKTOP, locale: "vi-VN" });
    const login = await stranger.newPage();
    await login.goto(demo.offices.VPCP.url);
    await look(login, "login");
    await picture(login, "login");
    await stranger.close();
  });
}
