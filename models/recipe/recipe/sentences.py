"""Sentences out of the templates in texts/: what callers say, for synthesis and for the language model."""

import re
from pathlib import Path

TEXTS = Path(__file__).resolve().parent.parent / "texts"
# What callers say, by matter: `name:saying,saying…`. Bellhop matches intents with it, too.
SAYINGS = Path(__file__).resolve().parents[3] / "src/intent/sayings"

_DIGITS = "零一二三四五六七八九"
_ENGLISH_DIGITS = "zero one two three four five six seven eight nine".split()
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅建国志文海燕晓东雪峰宇浩然子涵欣怡梓轩思雨佳琪俊嘉诚晨婷丹鑫波斌凯辉云莉春生永健世广义兴良福民友清飞亮成康星光天达安翔新利莹"
_PLACES = "北京 上海 天津 重庆 广州 深圳 杭州 南京 苏州 成都 武汉 西安 长沙 郑州 青岛 济南 大连 沈阳 哈尔滨 昆明 厦门 福州 合肥 宁波 无锡 东莞 佛山 贵阳 南宁 兰州 太原 南昌 海口 三亚 浦东 朝阳区 海淀区 人民路 中山路 解放路 建设路 南京路 长安街 和平小区 花园小区 阳光小区 幸福小区 万达广场 国际大厦 科技园 大学城 火车站 机场 香港 澳门".split()


def lines(name):
    """The lines of a text file of this recipe, or of any other, without comments and empty ones."""
    text = (TEXTS / name).read_text(encoding="utf-8")
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def sayings():
    """What callers of any hotline say, in no order."""
    found = []
    for path in sorted(SAYINGS.glob("*.txt")):
        rows = [line.partition(":") for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
        found += [saying.strip().lower() for _, _, said in rows for saying in said.split(",") if saying.strip()]
    return found


def number(value):
    """0..99999999 as read in Mandarin: 205 -> 二百零五."""
    if value >= 10000:
        high, low = divmod(value, 10000)
        rest = "" if low == 0 else ("零" if low < 1000 else "") + number(low).replace("十", "一十", 1 if 10 <= low < 20 else 0)
        return number(high) + "万" + rest
    text, zero = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = value // unit % 10
        if digit:
            text += ("零" if zero and text else "") + _DIGITS[digit] + name
            zero = False
        else:
            zero = True
    text = text or "零"
    return text[1:] if text.startswith("一十") else text


def _string(rnd, length):
    """Digits as people read them: mostly 幺 for one, alike in one string."""
    one = "幺" if rnd.random() < 0.7 else "一"
    return "".join(rnd.choice(_DIGITS) for _ in range(length)).replace("一", one)


def _phone(rnd):
    one = "幺" if rnd.random() < 0.8 else "一"
    return (f"一{rnd.choice('三四五六七八九')}" + "".join(rnd.choice(_DIGITS) for _ in range(9))).replace("一", one)


def _money(rnd):
    value = rnd.choice((rnd.randint(1, 99), rnd.randint(1, 999), 50 * rnd.randint(1, 60), 1000 * rnd.randint(1, 30)))
    return number(value) + rnd.choice(("元", "块", "块钱"))


def _date(rnd):
    return rnd.choice((
        lambda: rnd.choice("今明后昨") + "天",
        lambda: rnd.choice(("星期", "下星期", "这个星期", "礼拜")) + rnd.choice("一二三四五六天"),
        lambda: rnd.choice(("周", "下周", "这周", "本周")) + rnd.choice("一二三四五六日"),
        lambda: number(rnd.randint(1, 12)) + "月" + number(rnd.randint(1, 31)) + rnd.choice("号日"),
        lambda: number(rnd.randint(1, 31)) + "号",
    ))()


def _time(rnd):
    hour = number(rnd.randint(1, 12)).replace("二", "两") if rnd.random() < 0.9 else number(rnd.randint(13, 23))
    hour = {"十两": "十二"}.get(hour, hour)
    return hour + rnd.choice(("点", "点半", "点钟", "点一刻", "点" + number(rnd.choice((10, 15, 20, 40, 45, 50)))))


def _slot(name, rnd, language):
    if language == "en":
        if name == "digits":
            digits = list(_ENGLISH_DIGITS) + (["oh"] if rnd.random() < 0.2 else [])
            return " ".join(rnd.choice(digits) for _ in range(rnd.randint(1, 8)))
        return " ".join(rnd.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rnd.randint(1, 5)))
    return {
        "digits": lambda: _string(rnd, rnd.randint(1, 12)), "digits4": lambda: _string(rnd, rnd.choice((4, 4, 6))),
        "digits6": lambda: _string(rnd, 6), "digits8": lambda: _string(rnd, 8), "id": lambda: _string(rnd, 18),
        "phone": lambda: _phone(rnd), "number": lambda: number(rnd.choice((rnd.randint(1, 30), rnd.randint(1, 999)))),
        "money": lambda: _money(rnd), "date": lambda: _date(rnd), "time": lambda: _time(rnd),
        "weekday": lambda: rnd.choice("一二三四五六日"), "place": lambda: rnd.choice(_PLACES),
        "surname": lambda: rnd.choice(_SURNAMES),
        "name": lambda: rnd.choice(_SURNAMES) + "".join(rnd.choice(_GIVEN) for _ in range(rnd.choice((1, 2, 2)))),
    }[name]()


def fill(template, rnd, language):
    """One sentence out of a template."""
    text = re.sub(r"\[([^\]]*)\]", lambda match: rnd.choice(match[1].split("|")), template)
    text = re.sub(r"\{(\w+)\}", lambda match: _slot(match[1], rnd, language), text)
    return re.sub(r"\s+", "" if language == "zh" else " ", text).strip()


def templates(language):
    """The templates of a language."""
    return lines(f"sentences-{language}.txt")


def pieces(language):
    """Every alternative of every template: what the vocabulary must hold."""
    for template in templates(language):
        for part in re.findall(r"\[([^\]]*)\]", template):
            yield from (re.sub(r"\{\w+\}", " ", choice).strip() for choice in part.split("|"))
        yield re.sub(r"\[[^\]]*\]|\{\w+\}", " ", template).strip()


def vocabulary():
    """Mandarin words that only slots hold."""
    return _PLACES + list(_SURNAMES)
