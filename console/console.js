// The tap page: running calls, one call's conversation as it grows, its sound, and the records. Words come from people: textContent only.

const WORDS = {
  zh: {
    other: 'English', lang: 'zh-CN', running: '通话中', finished: '已结束', nobody: '现在没有通话。',
    tryit: '打一个试试：用任意软电话拨打，或在终端运行', norecords: '还没有通话记录。', nochoice: '选一通电话，看它的对话。',
    caller: '主叫', robot: '机器人', seat: '坐席', queue: '排队', ringing: '振铃', human: '坐席', over: '结束', farside: '机器人 / 坐席',
    listen: '监听', stop: '停止监听', connecting: '连接中…', cut: '被打断', lost: '与服务器的连接断了，正在重试…', online: '在线',
    'state.robot': () => '机器人正在接待', 'state.queue': (c) => `在队列“${c.queue}”中等待坐席`, 'state.ringing': (c) => `正在呼叫坐席 ${c.seat}`,
    'state.human': (c) => `坐席 ${c.seat} 正在通话`, 'state.over': (c) => `通话已结束：${cause(c.cause)}`,
    'fact.intent': '意图', 'fact.reason': '转人工原因', 'fact.queue': '队列', 'fact.seat': '坐席',
    'note.keys': (e) => `按键 ${e.text}`, 'note.looked_up': (e) => `查询 ${e.source}：${{ found: '查到', not_found: '没有', failed: '失败' }[e.outcome] ?? e.outcome}（${e.took_ms} 毫秒）`,
    'note.queued': (e) => `转人工：${t(e.reason)}，进入队列“${e.queue}”`, 'note.offered': (e) => `呼叫坐席 ${e.seat}`, 'note.bridged': (e) => `坐席 ${e.seat} 接起`,
    'note.callback_promised': (e) => `约定回拨，${Math.round(e.within_s / 60)} 分钟内`, 'note.ended': (e) => `结束：${cause(e.cause)}`,
    'note.mood': (e) => `情绪：${{ annoyed: '不耐烦', angry: '生气' }[e.mood] ?? e.mood}${e.why?.length ? `（${e.why.join('；')}）` : ''}`,
    'note.let_down': (e) => `不满意，第 ${e.times} 次${e.why?.length ? `（${e.why.join('；')}）` : ''}`,
    'note.intent': (e) => `听懂了：${e.name}（${percent(e.confidence)}）`, 'note.slot': (e) => `${e.name} = ${e.value}`,
    caller_hung_up: '主叫挂断', abandoned: '主叫放弃', robot_hung_up: '机器人说完', seat_hung_up: '坐席挂断', caller_lost: '主叫无声断线', seat_lost: '坐席无声断线', failed: '出错', drained: '程序停止',
    asked: '主叫要求', misunderstood: '多次没听懂', keyword: '关键词', nosound: '听不到：', ended: '通话已结束', nosuch: '没有这通电话的记录。', unknown: '未知号码',
  },
  en: {
    other: '中文', lang: 'en', running: 'Calls now', finished: 'Finished', nobody: 'No call right now.',
    tryit: 'Place one: dial with any softphone, or run in a terminal', norecords: 'No records yet.', nochoice: 'Choose a call to read along.',
    caller: 'Caller', robot: 'Robot', seat: 'Seat', queue: 'Queue', ringing: 'Ringing', human: 'Seat', over: 'Over', farside: 'Robot / seat',
    listen: 'Listen', stop: 'Stop', connecting: 'Connecting…', cut: 'cut off', lost: 'The server does not answer; trying again…', online: 'online',
    'state.robot': () => 'The robot has the caller', 'state.queue': (c) => `Waiting for a seat in queue “${c.queue}”`, 'state.ringing': (c) => `Seat ${c.seat} is ringing`,
    'state.human': (c) => `Seat ${c.seat} is talking`, 'state.over': (c) => `Over: ${cause(c.cause)}`,
    'fact.intent': 'Intent', 'fact.reason': 'Handed over for', 'fact.queue': 'Queue', 'fact.seat': 'Seat',
    'note.keys': (e) => `Keys ${e.text}`, 'note.looked_up': (e) => `Asked ${e.source}: ${e.outcome.replace('_', ' ')} (${e.took_ms} ms)`,
    'note.queued': (e) => `Handed over (${t(e.reason)}) to queue “${e.queue}”`, 'note.offered': (e) => `Ringing seat ${e.seat}`, 'note.bridged': (e) => `Seat ${e.seat} answered`,
    'note.callback_promised': (e) => `Callback promised within ${Math.round(e.within_s / 60)} min`, 'note.ended': (e) => `Over: ${cause(e.cause)}`,
    'note.mood': (e) => `Mood: ${e.mood}${e.why?.length ? ` (${e.why.join('; ')})` : ''}`,
    'note.let_down': (e) => `Not satisfied, time ${e.times}${e.why?.length ? ` (${e.why.join('; ')})` : ''}`,
    'note.intent': (e) => `Understood: ${e.name} (${percent(e.confidence)})`, 'note.slot': (e) => `${e.name} = ${e.value}`,
    caller_hung_up: 'caller hung up', abandoned: 'caller gave up', robot_hung_up: 'robot finished', seat_hung_up: 'seat hung up', caller_lost: 'caller’s line dead', seat_lost: 'seat’s line dead', failed: 'failed', drained: 'program stopped',
    asked: 'the caller asked', misunderstood: 'not understood', keyword: 'a keyword', nosound: 'No sound: ', ended: 'the call is over', nosuch: 'There is no record of this call.', unknown: 'unknown number',
  },
};

const $ = (id) => document.getElementById(id);
let language = localStorage.getItem('language') ?? 'zh';
const t = (key) => WORDS[language][key] ?? key;
const cause = (word) => (word ? t(word) : '…');
const percent = (share) => `${Math.round(share * 100)}%`;
const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;
const make = (tag, className, text) => {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
};

async function ask(path) {
  const answer = await fetch(path, { headers: { accept: 'application/json' } });
  if (answer.status === 401) location.reload();
  if (!answer.ok) throw Object.assign(new Error((await answer.json().catch(() => ({}))).error ?? answer.status), { status: answer.status });
  return answer.json();
}

// ---- what is shown ----

/** The chosen call: {id, live, events, cause, …}, or null. */
let chosen = null;
let running = [];
let records = [];
let followed = true; // nobody chose by hand: show whatever call comes

function showLists() {
  $('count').textContent = running.length;
  $('nobody').hidden = running.length > 0;
  $('dial').textContent = `bellhop dial sip:8001@${location.hostname}:5060 --say 我要查订单`;
  fill($('running'), running, (call, button) => {
    button.append(
      make('b', '', call.caller || t('unknown')), make('time', '', clock((Date.now() - call.began) / 1000)),
      make('span', `badge ${call.state}`, t(call.state) + (call.seat ? ` ${call.seat}` : '')), make('span', 'right', call.called),
    );
    button.onclick = () => choose(call, true);
  });
  $('norecords').hidden = records.length > 0;
  fill($('records'), records, (record, button) => {
    const when = new Date(record.began);
    const today = when.toDateString() === new Date().toDateString();
    button.append(
      make('b', '', record.caller || t('unknown')),
      make('time', '', when.toLocaleString(t('lang'), today ? { hour: '2-digit', minute: '2-digit' } : { month: 'numeric', day: 'numeric', hour: '2-digit', minute: '2-digit' })),
      make('span', '', [record.intent, cause(record.disposition)].filter(Boolean).join(' · ')),
      make('span', 'right', record.talked_s == null ? '' : clock(record.talked_s)),
    );
    button.onclick = () => open(record);
  });
}

/** Rebuilds a list of buttons without taking the keyboard's focus away. */
function fill(list, items, paint) {
  const focused = list.contains(document.activeElement) ? document.activeElement.dataset.id : null;
  list.replaceChildren(...items.map((item) => {
    const button = make('button');
    button.dataset.id = item.id;
    button.setAttribute('aria-current', String(chosen?.id === item.id));
    paint(item, button);
    const line = make('li');
    line.append(button);
    return line;
  }));
  if (focused) list.querySelector(`[data-id="${CSS.escape(focused)}"]`)?.focus();
}

function showChosen() {
  $('nochoice').hidden = chosen !== null;
  $('chosen').hidden = chosen === null;
  if (!chosen) return;
  const call = summary(chosen);
  $('who').textContent = call.caller || t('unknown');
  $('about').textContent = [`→ ${call.called}`, call.dialplan, new Date(call.began).toLocaleTimeString(t('lang'))].filter(Boolean).join(' · ');
  $('state').textContent = t(`state.${call.state}`)(call);
  const order = ['robot', 'queue', 'ringing', 'human', 'over'];
  for (const stage of $('stages').children) {
    stage.className = stage.dataset.stage === call.state ? 'now' : call.been.has(stage.dataset.stage) && order.includes(stage.dataset.stage) ? 'been' : '';
  }
  const facts = [[t('fact.intent'), call.intent], [t('fact.reason'), call.reason && t(call.reason)], [t('fact.queue'), call.queue], [t('fact.seat'), call.seat], ...call.slots];
  $('facts').replaceChildren(...facts.filter(([, value]) => value).map(([name, value]) => {
    const pair = make('div');
    pair.append(make('dt', '', name), make('dd', '', value));
    return pair;
  }));
  $('listen').hidden = call.state === 'over' || !chosen.live;
  $('listen').textContent = sound ? (sound.ready ? t('stop') : t('connecting')) : t('listen');
  $('listen').classList.toggle('on', Boolean(sound));
  $('listen').setAttribute('aria-pressed', String(Boolean(sound)));
  $('meters').hidden = !sound;
  const source = chosen.recording ? `/api/v1/records/${encodeURIComponent(chosen.id)}/recording` : '';
  if (source && !$('recording').src.endsWith(source)) $('recording').src = source;
  $('recording').hidden = !source;
}

/** What the events add up to. */
function summary(call) {
  const sum = { ...call, state: call.live ? 'robot' : 'over', been: new Set(['robot']), slots: new Map() };
  const go = (state) => { sum.state = state; sum.been.add(state); };
  for (const event of call.events) {
    switch (event.event) {
      case 'began': Object.assign(sum, { caller: event.caller, called: event.called, dialplan: event.dialplan, began: event.at }); break;
      case 'intent': sum.intent = event.name; break;
      case 'slot': sum.slots.set(event.name, event.value); break;
      case 'queued': Object.assign(sum, { queue: event.queue, reason: event.reason, seat: undefined }); go('queue'); break;
      case 'offered': sum.seat = event.seat; go('ringing'); break;
      case 'bridged': sum.seat = event.seat; go('human'); break;
      case 'ended': sum.cause = event.cause; go('over'); break;
    }
  }
  if (!call.live) go('over');
  return sum;
}

/** Appends an event to the transcript; words still changing are replaced by what follows from the same speaker. */
function show(event) {
  const list = $('transcript');
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  if (event.event === 'said' || event.event === 'hearing') {
    const partial = event.event === 'hearing';
    list.querySelectorAll(`.partial.${CSS.escape(event.who)}`).forEach((old) => old.remove());
    if (event.text) {
      const turn = make('li', `turn ${event.who}${partial ? ' partial' : ''}`);
      const sure = event.who !== 'robot' && !partial ? percent(event.confidence) : '';
      turn.append(make('small', '', [t(event.who), clock(event.t / 1000), sure, event.cut ? t('cut') : ''].filter(Boolean).join(' · ')), make('p', '', partial ? `${event.text}…` : event.text));
      list.append(turn);
    }
  } else {
    const words = event.event === 'note' ? event.text : WORDS[language][`note.${event.event}`]?.(event);
    if (words) list.append(make('li', 'note', words));
  }
  if (atEnd) list.scrollTop = list.scrollHeight;
}

function showAll() {
  document.documentElement.lang = t('lang');
  document.querySelectorAll('[data-t]').forEach((element) => { element.textContent = t(element.dataset.t); });
  $('language').textContent = t('other');
  $('language').lang = language === 'zh' ? 'en' : 'zh-CN';
  showLists();
  showChosen();
  $('transcript').replaceChildren();
  chosen?.events.forEach(show);
}

// ---- following a call ----

let socket = null;

/** Shows a running call; `byHand` keeps it on screen after it ended. */
function choose(call, byHand) {
  if (chosen?.id === call.id && chosen.live) return;
  followed = !byHand;
  leave();
  chosen = { ...call, live: true, events: [] };
  location.hash = `call/${call.id}`;
  showAll();
  follow(chosen);
}

function follow(call) {
  const address = new URL(`/api/v1/calls/${encodeURIComponent(call.id)}/live`, location.href);
  address.protocol = address.protocol.replace('http', 'ws');
  socket = new WebSocket(address);
  const mine = socket;
  let first = true;
  socket.onmessage = (message) => {
    if (mine !== socket) return;
    if (first) {
      // The server begins with everything so far, also after a break.
      first = false;
      call.events = [];
      $('transcript').replaceChildren();
    }
    const event = JSON.parse(message.data);
    if (event.event === 'amended') return amend(call, event);
    if (event.event !== 'hearing') call.events.push(event);
    show(event);
    showChosen();
    if (event.event === 'ended') { hush(); setTimeout(refresh, 700); }
  };
  socket.onclose = () => {
    if (mine !== socket || chosen !== call) return;
    const over = call.events.some((event) => event.event === 'ended');
    if (over || !running.some((other) => other.id === call.id)) {
      call.live = false;
      hush();
      showChosen();
    } else {
      setTimeout(() => { if (chosen === call && mine === socket) follow(call); }, 1000);
    }
  };
}

/** Words shown before turned out to be part of a private number: they are shown masked from now on. */
function amend(call, { who, was, text }) {
  for (const told of call.events) {
    if (told.text === was && (told.event === 'keys' || told.who === who)) told.text = text;
    else if (told.event === 'note' && was.length > 2) told.text = told.text.replaceAll(was, text);
  }
  showAll();
}

/** Shows a finished call's record. */
async function open(record) {
  followed = false;
  try {
    const full = await ask(`/api/v1/records/${encodeURIComponent(record.id)}`);
    leave();
    const turns = (full.transcript ?? []).map((turn) => ({ event: 'said', ...turn }));
    chosen = { ...full, live: false, cause: full.disposition, events: [...turns, ...(full.events ?? [])].sort((a, b) => a.t - b.t) };
    location.hash = `record/${record.id}`;
    showAll();
    $('transcript').scrollTop = 0;
  } catch (error) {
    trouble(error.status === 404 ? t('nosuch') : error.message);
  }
}

function leave() {
  const old = socket;
  socket = null;
  old?.close();
  hush();
  trouble('');
  $('recording').removeAttribute('src');
}

function trouble(words) {
  $('trouble').textContent = words;
  $('trouble').hidden = !words;
}

// ---- listening ----

/** The sound being heard: {context, peer, sides: {left, right}, tap, ready}, or null. */
let sound = null;

async function listen(call) {
  const mine = sound = { context: new AudioContext(), peer: new RTCPeerConnection(), sides: {}, tap: null, ready: false };
  showChosen();
  trouble('');
  const { context, peer, sides } = mine;
  try {
    await context.resume();
    // Two mono lines, as PCMU has no stereo: the caller goes to the left ear, robot or seat to the right.
    const merger = context.createChannelMerger(2);
    merger.connect(context.destination);
    peer.ontrack = ({ track, streams }) => {
      const side = streams[0]?.id === 'right' ? 'right' : 'left';
      const stream = new MediaStream([track]);
      // Chromium gives a remote track's sound to the graph only while an element plays it too.
      const pump = new Audio();
      pump.srcObject = stream;
      pump.muted = true;
      pump.play().catch(() => {});
      const source = context.createMediaStreamSource(stream);
      const meter = context.createAnalyser();
      meter.fftSize = 2048;
      source.connect(meter);
      source.connect(merger, 0, side === 'left' ? 0 : 1);
      sides[side] = { meter, pump, samples: new Float32Array(meter.fftSize), bins: new Float32Array(meter.frequencyBinCount) };
    };
    peer.onconnectionstatechange = () => {
      if (peer.connectionState === 'connected') { mine.ready = true; showChosen(); }
      if (peer.connectionState === 'failed' && sound === mine) { hush(); trouble(t('nosound') + 'ICE'); }
    };
    peer.addTransceiver('audio', { direction: 'recvonly' });
    peer.addTransceiver('audio', { direction: 'recvonly' });
    await peer.setLocalDescription();
    const answer = await fetch(`/api/v1/taps/${encodeURIComponent(call.id)}`, {
      method: 'POST', headers: { 'content-type': 'application/sdp' }, body: peer.localDescription.sdp,
    });
    if (!answer.ok) throw new Error(answer.status === 404 ? t('ended') : (await answer.json()).error);
    mine.tap = answer.headers.get('location');
    if (sound !== mine) return end(mine);
    await peer.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
    requestAnimationFrame(paintMeters);
  } catch (error) {
    end(mine);
    if (sound === mine) { sound = null; trouble(t('nosound') + error.message); }
    showChosen();
  }
}

function end(old) {
  old.peer.close();
  Object.values(old.sides).forEach(({ pump }) => { pump.srcObject = null; });
  if (old.context.state !== 'closed') old.context.close();
  if (old.tap) fetch(old.tap, { method: 'DELETE', keepalive: true }).catch(() => {});
  old.tap = null;
}

function hush() {
  if (!sound) return;
  end(sound);
  sound = null;
  showChosen();
}

/** Root mean square of each side's last 43 ms, 0 to 1. */
function levels() {
  const level = (side) => {
    const heard = sound?.sides[side];
    if (!heard) return 0;
    heard.meter.getFloatTimeDomainData(heard.samples);
    return Math.sqrt(heard.samples.reduce((sum, sample) => sum + sample * sample, 0) / heard.samples.length);
  };
  return { left: level('left'), right: level('right') };
}

/** The loudest frequency of each side in Hz, 0 for silence. */
function pitches() {
  const pitch = (side) => {
    const heard = sound?.sides[side];
    if (!heard) return 0;
    heard.meter.getFloatFrequencyData(heard.bins);
    const loudest = heard.bins.reduce((best, value, place, bins) => (value > bins[best] ? place : best), 0);
    return heard.bins[loudest] > -80 ? (loudest * sound.context.sampleRate) / heard.meter.fftSize : 0;
  };
  return { left: pitch('left'), right: pitch('right') };
}

function paintMeters() {
  if (!sound) return;
  for (const [side, level] of Object.entries(levels())) {
    const decibels = Math.max(-60, 20 * Math.log10(level || 1e-6));
    const meter = $(`meter-${side}`);
    meter.firstElementChild.style.width = `${(100 * (decibels + 60)) / 60}%`;
    meter.setAttribute('aria-valuenow', String(Math.round(decibels)));
  }
  requestAnimationFrame(paintMeters);
}

// ---- going on ----

async function refresh() {
  try {
    [running, records] = await Promise.all([ask('/api/v1/calls'), ask('/api/v1/records?limit=50')]);
    records = records.filter((record) => record.disposition !== null && !running.some((call) => call.id === record.id));
    $('health').textContent = t('online');
    $('health').className = '';
  } catch {
    $('health').textContent = t('lost');
    $('health').className = 'bad';
  }
  showLists();
  if (followed && running.length > 0 && !(chosen?.live && running.some((call) => call.id === chosen.id))) choose(running.at(-1), false);
}

$('language').onclick = () => {
  language = language === 'zh' ? 'en' : 'zh';
  localStorage.setItem('language', language);
  showAll();
};
$('listen').onclick = () => (sound ? hush() : listen(chosen));
addEventListener('pagehide', hush);

window.bellhop = { levels, pitches, listening: () => Boolean(sound?.ready) };

showAll();
await refresh();
const [kind, id] = location.hash.slice(1).split('/');
if (id && kind === 'record') await open({ id });
else if (id && running.some((call) => call.id === id)) choose(running.find((call) => call.id === id), true);
setInterval(refresh, 1500);
