// Opens Bellhop's page with its token, picks the running call, presses Listen, and measures both channels.
// usage: node listen.mjs URL TOKEN [--call ID] [--seconds 20] [--floor 0.005] [--says TEXT] [--screenshots FOLDER]
// Prints one JSON line {call, left: {rms, hz}, right: {rms, hz}, connected_ms, transcript}; exit 1 with {"error"} when either
// channel stays silent, the call does not appear, or TEXT is not in its transcript.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';

const { positionals: [url, token], values: wanted } = parseArgs({
  allowPositionals: true,
  options: {
    call: { type: 'string' }, seconds: { type: 'string', default: '20' }, floor: { type: 'string', default: '0.005' },
    says: { type: 'string' }, screenshots: { type: 'string' },
  },
});
if (!url || !token) {
  console.error('usage: node listen.mjs URL TOKEN [--call ID] [--seconds 20] [--floor 0.005] [--says TEXT] [--screenshots FOLDER]');
  process.exit(2);
}
const patience = Number(wanted.seconds) * 1000;
const profile = mkdtempSync(join(tmpdir(), 'bellhop-chromium-'));
const browser = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.BELLHOP_CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  viewport: { width: 1180, height: 760 },
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
    '--disable-sync', '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream', '--autoplay-policy=no-user-gesture-required',
  ],
});
const complaints = [];
let code = 0;
try {
  const page = browser.pages()[0] ?? await browser.newPage();
  page.setDefaultTimeout(patience);
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()); });
  const picture = async (name) => wanted.screenshots && page.screenshot({ path: join(wanted.screenshots, `${name}.png`) });

  await page.goto(`${url.replace(/\/$/, '')}/?token=${encodeURIComponent(token)}`);
  if (page.url().includes('token')) throw new Error(`the token stayed in the address or was refused: ${new URL(page.url()).pathname}`);
  const button = wanted.call ? page.locator(`#running button[data-id="${wanted.call}"]`) : page.locator('#running button').first();
  await button.click();
  const call = await button.getAttribute('data-id');
  const pressed = Date.now();
  await page.click('#listen');
  await page.waitForFunction(() => window.bellhop.listening());
  const connected = Date.now() - pressed;

  // Speech comes and goes: take each side's loudest moment until both were heard.
  const heard = { left: { rms: 0, hz: 0 }, right: { rms: 0, hz: 0 } };
  const enough = Number(wanted.floor);
  while (Date.now() - pressed < patience && !(heard.left.rms > enough && heard.right.rms > enough)) {
    await page.waitForTimeout(100);
    const [levels, pitches] = await page.evaluate(() => [window.bellhop.levels(), window.bellhop.pitches()]);
    for (const side of ['left', 'right']) {
      if (levels[side] > heard[side].rms) heard[side] = { rms: levels[side], hz: pitches[side] };
    }
  }
  // Once more, so that the loudest moment is not a cut one.
  await page.waitForTimeout(300);
  const [levels, pitches] = await page.evaluate(() => [window.bellhop.levels(), window.bellhop.pitches()]);
  for (const side of ['left', 'right']) {
    if (levels[side] > heard[side].rms) heard[side] = { rms: levels[side], hz: pitches[side] };
  }
  if (wanted.says) await page.waitForFunction((text) => document.getElementById('transcript').textContent.includes(text), wanted.says);
  const transcript = await page.locator('#transcript .turn:not(.partial) p').allTextContents();
  await picture('desk');
  if (wanted.screenshots) {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.waitForTimeout(200);
    await page.screenshot({ path: join(wanted.screenshots, 'phone.png'), fullPage: true });
  }
  await page.click('#listen');
  if (await page.evaluate(() => window.bellhop.listening())) throw new Error('Stop did not stop');
  console.log(JSON.stringify({ call, ...heard, connected_ms: connected, transcript }));
  const silent = ['left', 'right'].filter((side) => !(heard[side].rms > enough));
  if (silent.length > 0) throw new Error(`no sound above ${enough} on: ${silent.join(', ')}`);
  if (complaints.length > 0) throw new Error('the page complains');
} catch (error) {
  console.log(JSON.stringify({ error: error.message.split('\n')[0], complaints }));
  code = 1;
} finally {
  await browser.close();
  rmSync(profile, { recursive: true, force: true });
}
process.exit(code);
