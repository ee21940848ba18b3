"""Judges a model folder with libvosk itself, on speakers and voices that no training clip comes from. Writes the report table."""

import json
import random
import re
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile
import vosk

from . import channel, lexicon, sentences, store

UNKNOWN = "[unk]"
DIGITS = list("零一二三四五六七八九幺")
MENU = (
    "查订单 查物流 我要退货 我要换货 申请退款 转人工 人工客服 开发票 电子发票 查询余额 查询话费 查询积分 积分兑换 优惠活动 营业时间 修改地址 修改密码 忘记密码 挂失银行卡 信用卡还款 "
    "办理宽带 宽带报修 预约挂号 取消预约 预约维修 预约安装 我要投诉 我要表扬 理赔进度 我要报案 改签 退票 订酒店 航班动态 缴电费 缴水费 停电了 漏水了 套餐变更 流量查询 国际漫游 充值话费 "
    "注销账户 会员生日 语音留言 重复一遍 返回上一级 主菜单 没有了谢谢 再见"
).split()


def distance(reference, heard):
    """Edit distance of two sequences."""
    row = list(range(len(heard) + 1))
    for left in range(1, len(reference) + 1):
        before, row[0] = row[0], left
        for right in range(1, len(heard) + 1):
            before, row[right] = row[right], min(row[right] + 1, row[right - 1] + 1, before + (reference[left - 1] != heard[right - 1]))
    return row[-1]


def noisy(samples, seed):
    """A-law, and noise 10 dB below the speech."""
    rng = np.random.default_rng(seed)
    loud = samples.astype(np.float32)
    loud = channel.add_noise(loud / (np.abs(loud).max() + 1) * 20000, rng, 10)
    return np.clip(np.round(channel.a_law(np.clip(loud, -32000, 32000))), -32768, 32767).astype(np.int16)


class Judge:
    """One model, and the clock of what it heard."""

    def __init__(self, folder, ears=None):
        vosk.SetLogLevel(-1)
        self.folder, self.ears = folder, ears
        self.model = vosk.Model(str(folder))
        self.words = {line.split()[0] for line in (Path(folder) / "graph/words.txt").read_text(encoding="utf-8").splitlines()}
        self.segmenter = lexicon.Segmenter(self.words)
        self.busy = self.seconds = 0.0

    def phrase(self, text):
        """A phrase in the model's words; None where it lacks one."""
        words = self.segmenter.words(text)
        return " ".join(words) if all(word in self.words for word in words) else None

    def grammar(self, phrases, unknown=True):
        known = [phrase for phrase in map(self.phrase, phrases) if phrase]
        return json.dumps(known + ([UNKNOWN] if unknown else []), ensure_ascii=False)

    def hear(self, samples, grammar=None, alternatives=0):
        """The text, or the list of texts where alternatives are asked for."""
        began = time.process_time()
        recogniser = vosk.KaldiRecognizer(self.model, store.RATE, grammar) if grammar else vosk.KaldiRecognizer(self.model, store.RATE)
        if alternatives:
            recogniser.SetMaxAlternatives(alternatives)
        recogniser.AcceptWaveform(np.pad(samples, 1600).tobytes())
        result = json.loads(recogniser.FinalResult())
        self.busy += time.process_time() - began
        self.seconds += (len(samples) + 3200) / store.RATE
        return [found["text"] for found in result["alternatives"]] if alternatives else result["text"]


    def hear_through_ears(self, clips, phrases):
        """What Bellhop makes of clips: its voice detector cuts them, and only speech is heard."""
        with tempfile.TemporaryDirectory() as folder:
            listed = Path(folder) / "phrases.txt"
            listed.write_text("\n".join(phrases), encoding="utf-8")
            files = []
            for number, samples in enumerate(clips):
                quiet = np.random.default_rng(number).normal(0, 6, len(samples) + 14000)
                quiet[6000 : 6000 + len(samples)] += samples
                files.append(f"{folder}/{number:05d}.wav")
                soundfile.write(files[-1], np.clip(quiet, -32768, 32767).astype(np.int16), store.RATE)
            command = [self.ears, "transcribe", "--model", str(self.folder), "--phrases", str(listed), *files]
            told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        return [json.loads(line)["text"] for line in told.splitlines()]


def plain(text):
    """Without spaces and unknowns."""
    return text.replace(UNKNOWN, "").replace(" ", "")


def spoken(clips):
    """Clean and through the line."""
    return [("clean", clips), ("noisy", [(text, noisy(samples, n)) for n, (text, samples) in enumerate(clips)])]


def choice(judge, clips, phrases):
    """Share of clips of which the very phrase is heard."""
    if judge.ears:
        heard = judge.hear_through_ears([samples for _, samples in clips], phrases)
    else:
        grammar = judge.grammar(phrases)
        heard = [judge.hear(samples, grammar) for _, samples in clips]
    return sum(plain(found) == plain(text) for (text, _), found in zip(clips, heard)) / len(clips)


def toneless(text):
    """Syllables of a Mandarin text, without tones."""
    return lexicon.lazy_pinyin("".join(re.findall(r"[\u4e00-\u9fff]", text)))


def error_rate(judge, clips, view, grammar=None):
    """Edit distance to what was said, of all, in the given view of a text."""
    wrong = total = 0
    for text, samples in clips:
        reference = view(text)
        wrong += distance(reference, view(plain(judge.hear(samples, grammar))))
        total += len(reference)
    return wrong / max(total, 1)


def texts(seed):
    """What the voices kept for judging say: kind -> texts."""
    rnd = random.Random(seed)
    templates = [template for template in sentences.templates("zh") if "{" not in template]
    return {
        "menu": MENU * 3,
        "numbers": [sentences.fill("{phone}", rnd, "zh") for _ in range(100)],
        "sentences": [sentences.fill(rnd.choice(templates), rnd, "zh") for _ in range(200)],
    }


def _phone_row(judge, clips):
    grammar = judge.grammar(DIGITS, unknown=False)
    raw = chosen = 0
    for text, samples in clips:
        found = [plain(alternative).replace("幺", "一") for alternative in judge.hear(samples, grammar, 10)]
        said = text.replace("幺", "一")
        raw += found[:1] == [said]
        likely = [number for number in found if re.fullmatch("一[三四五六七八九].{9}", number)]
        chosen += (likely or found)[:1] == [said]
    return raw / len(clips), chosen / len(clips)


def rows(judge, out, seed, limit):
    """The report: (what, split, clips, clean, noisy)."""
    rnd = random.Random(seed)
    held = store.load_all(Path(out) / "real", "held*")
    groups = {}
    for clip in held:
        kind = next((name for name, pattern in (("words", r"spk\d+"), ("syllables", "zh_B"), ("digits", "en_."), ("commands", ".*_sc_.*"),
                                               ("read", ".*_soc_.*"), ("connected", ".*_ais_.*")) if re.fullmatch(pattern, clip.voice)), None)
        groups.setdefault(kind, []).append(clip)

    def pairs(kind, keep=lambda clip: True, most=None):
        found = [(clip.text.lower(), clip.samples) for clip in groups.get(kind, []) if keep(clip)]
        return rnd.sample(found, min(len(found), most or limit))

    def people(kind):
        return len({clip.voice for clip in groups.get(kind, [])})

    def shares(what, split, clips, phrases):
        if clips:
            yield (what, split, len(clips), *(choice(judge, spoken_so, phrases) for _, spoken_so in spoken(clips)))

    tones = {"ling2": "零", "yi1": "一", "er4": "二", "san1": "三", "si4": "四", "wu3": "五", "liu4": "六", "qi1": "七", "ba1": "八", "jiu3": "九", "yao1": "幺"}
    said = [(tones[text], samples) for text, samples in pairs("syllables", lambda clip: clip.text in tones)]
    yield from shares("zh digit, alone", "1 speaker, never trained on; each digit once", said, DIGITS)
    words = sorted({clip.text.lower() for clip in groups.get("words", [])})
    split = f"{people('words')} speakers never trained on; the same words by others were"
    yield from shares("20-way word choice, zh", split, pairs("words", lambda clip: clip.language == "zh"), words)
    yield from shares("20-way word choice, en", split, pairs("words", lambda clip: clip.language == "en"), words)
    yield from shares("北京 or 背景 (tones)", split, pairs("words", lambda clip: clip.text in ("北京", "背景")), ["北京", "背景"])
    digits = "zero one two three four five six seven eight nine".split()
    yield from shares("en digit, alone", f"{people('digits')} speaker never trained on", pairs("digits"), digits)
    commands = sorted({clip.text.lower() for clip in groups.get("commands", [])})
    yield from shares(f"{len(commands)}-way command, en", f"{people('commands')} speakers never trained on", pairs("commands"), commands)

    made = {kind: [(clip.text, clip.samples) for clip in store.load(Path(out) / "judge" / kind)] for kind in texts(seed)}
    yield from shares(f"menu of {len(MENU)} phrases, zh", "synthetic voices not trained on", made["menu"], MENU)
    grammar = judge.grammar(MENU)
    foreign = pairs("read", most=min(limit, 200))
    if foreign:
        taken = [sum(plain(judge.hear(samples, grammar)) in MENU for _, samples in clips) / len(foreign) for _, clips in spoken(foreign)]
        yield ("the same menu, false accepts (less is better)", f"English read by {people('read')} speakers never trained on", len(foreign), *taken)
    numbers = made["numbers"]
    found = [_phone_row(judge, clips) for _, clips in spoken(numbers)]
    yield ("11-digit phone number, raw", "synthetic voices not trained on", len(numbers), *(raw for raw, _ in found))
    yield ("11-digit phone number, chosen from 10 alternatives", "the same", len(numbers), *(chosen for _, chosen in found))
    yield ("service sentences, open vocabulary: character errors (less is better)", "synthetic voices not trained on; the templates are the grammar's",
           len(made["sentences"]), *(error_rate(judge, clips, list) for _, clips in spoken(made["sentences"])))
    connected = pairs("connected", most=min(limit, 120))
    if connected:
        yield ("news sentences, open vocabulary: toneless syllable errors (less is better)", f"{people('connected')} speaker never trained on", len(connected),
               *(error_rate(judge, clips, toneless) for _, clips in spoken(connected)))


def run(out, model, seed, limit, ears=None):
    """Judges the folder `model` and writes OUT/report-NAME.md and .json. With a `bellhop` program as `ears` the rows of single words and
    phrases are heard by it, cut by its voice detector as in a call, and the report is report-NAME-ears."""
    judge = Judge(model, ears)
    lines = ["| what | judged on | clips | clean | A-law, noise at 10 dB |", "|---|---|---|---|---|"]
    kept = []
    for what, split, count, clean, worse in rows(judge, out, seed, limit):
        lines.append(f"| {what} | {split} | {count} | {clean:.1%} | {worse:.1%} |")
        kept.append({"what": what, "split": split, "clips": count, "clean": clean, "noisy": worse})
        print(lines[-1], flush=True)
    characters = sum(1 for word in judge.words if len(word) == 1 and not word.isascii())
    lines += ["", f"{len(judge.words)} words, of them {characters} single Mandarin characters. "
              f"Real-time factor, model and recogniser set-up included, on this machine as busy as it was: {judge.busy / judge.seconds:.4f}."]
    print(lines[-1])
    name = Path(model).resolve().name + ("-ears" if ears else "")
    (Path(out) / f"report-{name}.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (Path(out) / f"report-{name}.json").write_text(json.dumps(kept, indent=1, ensure_ascii=False))
