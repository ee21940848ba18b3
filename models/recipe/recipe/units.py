"""The sounds the network tells apart: Mandarin initials, finals with their tone, English phones, and those of each digit."""

import re

INITIALS = "b p m f d t n l g k h j q x zh ch sh r z c s".split()
FINALS = (
    "a o e ai ei ao ou an en ang eng er i ii iii ia ie iao iu ian in iang ing iong io "
    "u ua uo uai ui uan un uang ong ueng v ve van vn"
).split()
TONES = "12345"
ENGLISH = (
    "aa ae ah ao aw ax ay b ch d dh eh er ey f g hh ih iy jh k l m n ng ow oy p r s sh t th uh uw v w y z zh"
).split()

# Digits have sounds of their own, `u@五` or `E_f@four`: callers say nothing more often, nothing is dearer when misheard, and a sound that is
# only ever heard in one word is learnt together with the whole of it.
DIGITS = {"零": "ling2", "一": "yi1", "二": "er4", "三": "san1", "四": "si4", "五": "wu3", "六": "liu4", "七": "qi1", "八": "ba1", "九": "jiu3", "幺": "yao1"}
ENGLISH_DIGITS = {
    "zero": ["z ih r ow", "z iy r ow", "z iy ax r ow"], "oh": ["ow"], "one": ["w ah n", "w aa n"], "two": ["t uw"], "three": ["th r iy"], "four": ["f ao r", "f ao"],
    "five": ["f ay v"], "six": ["s ih k s"], "seven": ["s eh v ax n"], "eight": ["ey t"], "nine": ["n ay n"],
}

SILENCE = "SIL"

_WITHOUT_INITIAL = {
    "yi": "i", "ya": "ia", "yo": "io", "ye": "ie", "yao": "iao", "you": "iu", "yan": "ian", "yin": "in",
    "yang": "iang", "ying": "ing", "yong": "iong", "wu": "u", "wa": "ua", "wo": "uo", "wai": "uai",
    "wei": "ui", "wan": "uan", "wen": "un", "wang": "uang", "weng": "ueng", "yu": "v", "yue": "ve",
    "yuan": "van", "yun": "vn", "yai": "ai", "ê": "ei", "hm": "en", "hng": "eng", "m": "en", "n": "en", "ng": "eng",
}
_SAME_FINAL = {"uen": "un", "uei": "ui", "iou": "iu", "ue": "ve"}


def _pdfs():
    """Numbers the network's outputs: silence first; a final has an early and a late half, the rest one part."""
    table = {SILENCE: [0]}
    for name in INITIALS:
        table[name] = [len(table)]
    number = len(table)
    for final in FINALS:
        for tone in TONES:
            table[final + tone] = [number, number + 1]
            number += 2
    for name in ENGLISH:
        table["E_" + name] = [number]
        number += 1
    for word, syllable in DIGITS.items():
        initial, final, _ = split(syllable)
        if initial:
            table[f"{initial}@{word}"] = [number]
            number += 1
        table[f"{final}@{word}"] = [number, number + 1]
        number += 2
    for word, spoken in ENGLISH_DIGITS.items():
        for name in dict.fromkeys(" ".join(spoken).split()):
            table[f"E_{name}@{word}"] = [number]
            number += 1
    return table, number


def split(syllable):
    """'zhong1' -> ('zh', 'ong', '1'); None for what is no syllable. Without a tone it is the neutral one."""
    match = re.fullmatch(r"([a-zü:ê]+)([0-5]?)", syllable.lower().replace("u:", "ü"))
    if not match:
        return None
    body, tone = match[1].replace("ü", "v"), match[2] or "5"
    tone = "5" if tone == "0" else tone
    if body in _WITHOUT_INITIAL:
        return None, _WITHOUT_INITIAL[body], tone
    initial = next((body[:n] for n in (2, 1) if body[:n] in INITIALS), None)
    final = body[len(initial or ""):]
    if initial in ("j", "q", "x") and final[:1] == "u":
        final = "v" + final[1:]
    if final == "i" and initial in ("z", "c", "s"):
        final = "ii"
    if final == "i" and initial in ("zh", "ch", "sh", "r"):
        final = "iii"
    final = _SAME_FINAL.get(final, final)
    return (initial, final, tone) if final in FINALS else None


def phones(syllable):
    """The phones of one pinyin syllable with tone, or None. `wu3@五` is the digit, which sounds the same in every tone."""
    bare, _, digit = syllable.partition("@")
    parts = split(bare)
    if parts is None:
        return None
    initial, final, tone = parts
    if digit:
        return ([f"{initial}@{digit}"] if initial else []) + [f"{final}@{digit}"]
    return ([initial] if initial else []) + [final + tone]


def english_digit(word):
    """The ways to say an English digit."""
    return [[f"E_{name}@{word}" for name in spoken.split()] for spoken in ENGLISH_DIGITS[word]]


def of_all(phone):
    """The English phone that a digit's own stands for."""
    return phone.partition("@")[0]


def mark_digits(words, names):
    """English phones of a text, those of its digits as the digits' own; None where the digits are not found among them."""
    if not any(word in ENGLISH_DIGITS for word in words):
        return [f"E_{name}" for name in names]
    ways = [f"((?:{'|'.join(sorted(ENGLISH_DIGITS[word], key=len, reverse=True))}) )" if word in ENGLISH_DIGITS else "((?:[a-z]+ )+?)" for word in words]
    found = re.fullmatch("".join(ways), "".join(f"{name} " for name in names))
    if not found:
        return None
    return [f"E_{name}@{word}" if word in ENGLISH_DIGITS else f"E_{name}" for word, part in zip(words, found.groups()) for name in part.split()]


PDFS, PDF_COUNT = _pdfs()
PHONES = list(PDFS)
