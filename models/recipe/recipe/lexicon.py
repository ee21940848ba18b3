"""The words of the model and how they sound."""

import itertools
import re
import subprocess

from pypinyin import Style, lazy_pinyin, load_phrases_dict, pinyin

from . import sentences, units

_HAN = re.compile(r"[\u4e00-\u9fff]+")

# Readings that callers use and a pinyin dictionary lacks or has otherwise.
_READINGS = {
    "重复": ["chong2 fu4"], "幺": ["yao1"], "一": ["yi1", "yi2", "yi4"], "不": ["bu4", "bu2"], "行": ["xing2"],
    "还款": ["huan2 kuan3"], "识别": ["shi2 bie2"], "商行": ["shang1 hang2"], "银行": ["yin2 hang2"], "两": ["liang3"],
    "零": ["ling2"], "还": ["hai2", "huan2"], "得": ["de5", "dei3"], "地": ["di4", "de5"], "谁": ["shei2", "shui2"],
    "挂号": ["gua4 hao4"], "重新": ["chong2 xin1"], "呼和浩特": ["hu1 he2 hao4 te4"], "六": ["liu4"], "嗯": ["en5", "en4", "en1"],
    "剐蹭": ["gua3 ceng4"], "那": ["na4", "nei4"], "这": ["zhe4", "zhei4"], "哪": ["na3", "nei3"], "血": ["xue4", "xie3"],
    "了": ["le5", "liao3"], "七": ["qi1"], "八": ["ba1"],
}
_SPELLED = {"a": ["ey", "ax"], "the": ["dh ax", "dh iy"], "wifi": ["w ay f ay"],
            "ok": ["ow k ey"], "iphone": ["ay f ow n"], "xiaomi": ["sh aw m iy"], "huawei": ["w aa w ey", "hh w aa w ey"],
            "alipay": ["aa l iy p ey", "ae l iy p ey"], "wechat": ["w iy ch ae t"], "taobao": ["t aw b aw"]}


def common_characters():
    """The 3,755 common characters: the first level of GB 2312, which Python's codec lists in order."""
    codes = ((0xB0 + row, 0xA1 + column) for row in range(40) for column in range(94))
    return [text for text in (bytes(code).decode("gb2312", "ignore") for code in codes) if text]


def sandhi(syllables):
    """Tones as spoken in one breath: of two third tones the first becomes a second."""
    spoken = list(syllables)
    for place in range(len(spoken) - 1):
        if spoken[place].endswith("3") and syllables[place + 1].partition("@")[0].endswith("3"):
            spoken[place] = spoken[place][:-1] + "2"
    return spoken


def _plain(word):
    return [s if s[-1].isdigit() else s + "5" for s in lazy_pinyin(word, style=Style.TONE3, neutral_tone_with_five=True)]


def readings(word):
    """All ways to say a Mandarin word: lists of syllables as spoken."""
    found = []
    if word in _READINGS:
        found = [reading.split() for reading in _READINGS[word]]
    elif len(word) == 1:
        found = [[s if s[-1].isdigit() else s + "5"] for s in pinyin(word, style=Style.TONE3, heteronym=True, neutral_tone_with_five=True)[0][:2]]
    else:
        found = [_plain(word)]
    more = []
    for reading in found:
        more.append(sandhi(reading))
        if len(word) == 1 and reading[0].endswith("3"):
            more.append([reading[0][:-1] + "2"])
        if len(word) > 1:
            # 一 and 不 change before the next tone; people do it, dictionaries do not.
            changed = list(sandhi(reading))
            for place, character in enumerate(word[:-1]):
                if character == "不" and changed[place] == "bu4" and reading[place + 1].endswith("4"):
                    changed[place] = "bu2"
                if character == "一" and changed[place] == "yi1" and word[place - 1 : place] not in ("第", "周", "期"):
                    changed[place] = "yi2" if reading[place + 1].endswith(("4", "5")) else "yi4"
            more.append(changed)
            if changed[-1].endswith("3"):
                more.append(changed[:-1] + [changed[-1][:-1] + "2"])
    if word in units.DIGITS:
        # Before other words 一 changes its tone: then it is no digit.
        more = [[f"{reading[0]}@{word}"] if word != "一" or reading == [units.DIGITS[word]] else reading for reading in more]
    unique = []
    for reading in more:
        if reading not in unique and all(units.phones(s) for s in reading):
            unique.append(reading)
    return unique


def _flite(word):
    """The phones flite would say."""
    done = subprocess.run(["flite", "-voice", "kal16", "-ps", "-t", word, "-o", "none"], capture_output=True, text=True, check=False)
    return [phone for phone in done.stdout.split() if phone != "pau"]


def english(words, cache):
    """Word -> list of pronunciations (phones with E_). `cache` keeps what flite said."""
    found = {}
    for word in words:
        if word in units.ENGLISH_DIGITS:
            found[word] = units.english_digit(word)
            continue
        if word not in cache:
            cache[word] = [" ".join(_flite(word))] if word not in _SPELLED else _SPELLED[word]
        spoken = [[f"E_{phone}" for phone in text.split()] for text in cache[word] if text]
        spoken = [phones for phones in spoken if all(phone in units.PDFS for phone in phones)]
        if spoken:
            found[word] = spoken
    return found


class Segmenter:
    """Cuts Mandarin into the fewest words, as Bellhop does with its phrases."""

    def __init__(self, words):
        self._words = set(words)
        self._longest = max(map(len, self._words))

    def cut(self, text):
        best = [(0, 0)]
        for end in range(1, len(text) + 1):
            here = (best[end - 1][0] + 1000, end - 1)
            for start in range(max(0, end - self._longest), end):
                cost = best[start][0] + (15 if end - start == 1 else 10)
                if cost < here[0] and text[start:end] in self._words:
                    here = (cost, start)
            best.append(here)
        cuts, end = [], len(text)
        while end > 0:
            cuts.append(text[best[end][1] : end])
            end = best[end][1]
        return cuts[::-1]

    def words(self, text):
        """Words of a text that may have English ones among the Mandarin."""
        parts = re.findall(r"[a-z']+|[^a-z' ]+", text)
        return [word for part in parts for word in ([part] if part.isascii() else self.cut(part))]


def mandarin_words(real_words):
    """Service words, template words, words of the recordings, and every common character."""
    words = list(itertools.chain.from_iterable(line.split() for line in sentences.lines("words-zh.txt")))
    words += sentences.vocabulary()
    known = set(words)
    for piece in sentences.pieces("zh"):
        for part in _HAN.findall(piece):
            if len(part) <= 4 and part not in known:
                words.append(part)
    words += [word for word in real_words if len(word) <= 5 and _HAN.fullmatch(word)]
    words += common_characters()
    return list(dict.fromkeys(words))


def english_words():
    """English words of the list and of the templates."""
    words = list(itertools.chain.from_iterable(line.lower().split() for line in sentences.lines("words-en.txt")))
    for piece in sentences.pieces("en"):
        words += [word for word in piece.lower().split() if re.fullmatch(r"[a-z']+", word)]
    return list(dict.fromkeys(words))


def more_english_words():
    """English words that callers use in passing: heard, at little weight."""
    return list(dict.fromkeys(itertools.chain.from_iterable(line.split() for line in sentences.lines("more-words-en.txt"))))


def spoken_syllables(text, segmenter, rnd):
    """The syllables of a sentence as one speaker says them."""
    syllables = []
    for word in segmenter.cut(text):
        choice = readings(word)
        if not choice:
            return None
        syllables += choice[0] if rnd.random() < 0.8 else rnd.choice(choice)
    return syllables


load_phrases_dict({"重庆": [["chóng"], ["qìng"]], "银行": [["yín"], ["háng"]], "支行": [["zhī"], ["háng"]], "分行": [["fēn"], ["háng"]],
                   "开户行": [["kāi"], ["hù"], ["háng"]], "还款": [["huán"], ["kuǎn"]], "退还": [["tuì"], ["huán"]]})
