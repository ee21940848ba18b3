//! Traps of texts that stand within brackets: braces and commas there have a meaning of their own. Knows one line at a time.

use super::diagnostic::Wordings;
use super::keys::{self, Shape};
use super::traps::{Finding, outside_quotes, quoted, text, word};

/// The most texts of a line that are mended.
const MOST: usize = 40;
/// Nobody writes a longer line by hand, and looking at it takes the square of its length.
const LONGEST: usize = 4_000;

/// Looks at one line; the finding mends every such text of it.
pub(super) fn look(signs: &[char], start: usize) -> Option<Finding> {
    let mut line = signs.to_vec();
    let mut first: Option<Finding> = None;
    let mut mended_up_to = 0;
    for _ in 0..MOST {
        if line.len() > LONGEST {
            break;
        }
        let Some(found) = braces_in_text(&line, start).or_else(|| comma_in_text(&line, start)) else { break };
        // Quotes that do not help (the text holds some of its own) would be put around each other for ever.
        if found.0 < mended_up_to {
            break;
        }
        mended_up_to = found.0 + 1;
        line = found.4.chars().collect();
        match &mut first {
            Some(first) => first.4 = found.4,
            None => first = Some(found),
        }
    }
    first
}

/// `examples: [{product}能退吗, 退{product}]`, `{say: 您好{{ name }}}`
fn braces_in_text(signs: &[char], start: usize) -> Option<Finding> {
    let outside = outside_quotes(signs, start);
    let at = outside.iter().map(|(at, _)| *at).find(|at| signs[*at] == '{' && is_within(&outside, *at) && is_of_a_text(signs, *at))?;
    let begin = begin_of_text(signs, at);
    let end = end_of_text(signs, begin);
    let mended = text(&signs[..begin]) + &quoted(text(&signs[begin..end]).trim_end()) + &text(&signs[end..]);
    let message = Wordings::new("括号里的文字有花括号，要放进引号里", "text with braces in it goes into quotes within brackets");
    Some((at, 1, "braces-in-text", message, mended, false))
}

/// `{en: Yes, of course}`
fn comma_in_text(signs: &[char], start: usize) -> Option<Finding> {
    let outside = outside_quotes(signs, start);
    for comma in outside.iter().map(|(at, _)| *at).filter(|at| signs[*at] == ',' && is_within(&outside, *at)) {
        let begin = begin_of_text(signs, comma);
        let name: String =
            text(&signs[..begin]).trim_end().trim_end_matches(':').chars().rev().take_while(|sign| is_of_a_name(*sign)).collect();
        let name: String = name.chars().rev().collect();
        let says = keys::find(&name).is_some_and(|key| matches!(key.shape, Shape::Words));
        let next = comma + 1 + signs[comma + 1..].iter().take_while(|sign| **sign == ' ').count();
        let following = word(signs, next);
        let another_key = !following.is_empty() && signs.get(next + following.chars().count()) == Some(&':');
        let text_begins = !matches!(signs.get(begin), Some('"' | '\'' | '[' | '{'));
        let text_follows = signs.get(next).is_some_and(|sign| !matches!(sign, '"' | '\'' | '[' | '{' | '}' | ']'));
        if !says || another_key || !text_begins || !text_follows || !signs[..begin].iter().collect::<String>().trim_end().ends_with(':') {
            continue;
        }
        let rest = &signs[next..];
        let end = next + rest.iter().position(|sign| matches!(sign, '}' | ']')).unwrap_or(rest.len());
        // A key after a further comma ends the text as well.
        let end = (next..end)
            .find(|at| {
                signs[*at] == ',' && {
                    let after = at + 1 + signs[at + 1..].iter().take_while(|sign| **sign == ' ').count();
                    let name = word(signs, after);
                    !name.is_empty() && signs.get(after + name.chars().count()) == Some(&':')
                }
            })
            .unwrap_or(end);
        let mended = text(&signs[..begin]) + &quoted(text(&signs[begin..end]).trim_end()) + &text(&signs[end..]);
        let message = Wordings::new("花括号里的文字有英文逗号，要放进引号里", "text with a comma in it goes into quotes within braces");
        return Some((comma, 1, "comma-in-text", message, mended, false));
    }
    None
}

fn is_of_a_name(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || sign == '_'
}

fn is_within(outside: &[(usize, bool)], at: usize) -> bool {
    let depth = outside.iter().take_while(|(place, _)| *place < at).filter(|(_, inside)| *inside).count();
    depth > 0 && outside.iter().any(|(place, inside)| *place == at && *inside)
}

/// Whether a brace stands in the middle of a text, or begins one that goes on after it.
fn is_of_a_text(signs: &[char], at: usize) -> bool {
    if at > 0 && signs[at - 1] == '{' {
        return false;
    }
    let before = signs[..at].iter().rev().find(|sign| **sign != ' ');
    if !matches!(before, Some('[' | '{' | ',' | ':' | '-') | None) {
        return true;
    }
    let name = word(signs, at + 1);
    let close = at + 1 + name.chars().count();
    let after = signs.get(close + 1);
    matches!(before, Some('[' | ','))
        && !name.is_empty()
        && signs.get(close) == Some(&'}')
        && !matches!(after, Some(',' | ']' | '}' | ' ') | None)
}

/// Where the text begins in which a sign stands: after the bracket, comma or colon before it.
fn begin_of_text(signs: &[char], at: usize) -> usize {
    let is_mark = |place: usize| match signs[place] {
        '[' | ',' => true,
        '{' => signs.get(place + 1) != Some(&'{') && (place == 0 || signs[place - 1] != '{') && !is_of_a_text(signs, place),
        ':' => signs.get(place + 1) == Some(&' '),
        _ => false,
    };
    let mark = (0..at).rev().find(|place| is_mark(*place)).map_or(0, |place| place + 1);
    mark + signs[mark..].iter().take_while(|sign| **sign == ' ').count()
}

/// Where a text ends that holds braces: at the comma or bracket outside of them.
fn end_of_text(signs: &[char], begin: usize) -> usize {
    let mut depth = 0_usize;
    for (place, sign) in signs.iter().enumerate().skip(begin) {
        match sign {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | ']' | '}' if depth == 0 => return place,
            _ => {}
        }
    }
    signs.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mended(line: &str) -> Option<String> {
        let signs: Vec<char> = line.chars().collect();
        look(&signs, 0).map(|found| found.4)
    }

    #[test]
    fn texts_with_braces_or_commas_within_brackets_are_quoted() {
        for (line, wanted) in [
            (
                "examples: [我要预订, 帮我留一罐{product}, {product}能退吗]",
                Some("examples: [我要预订, \"帮我留一罐{product}\", \"{product}能退吗\"]"),
            ),
            ("do: [{say: 您好{{ name }}！}, {go: next}]", Some("do: [{say: \"您好{{ name }}！\"}, {go: next}]")),
            ("welcome: {zh: 您好, en: Yes, of course, madam}", Some("welcome: {zh: 您好, en: \"Yes, of course, madam\"}")),
            ("welcome: {en: Hello, dear, zh: 您好}", Some("welcome: {en: \"Hello, dear\", zh: 您好}")),
            ("examples: [\"{product}能退吗\", 退货]", None),
            ("start: [{play: notice}, {play: welcome}, listen]", None),
            ("sources: {shop: {url: \"${SHOP_URL}\", timeout: 800ms}}", None),
            ("say: {zh: \"订单{{ n }}，好\", en: \"Order, {{ n }}\"}", None),
        ] {
            assert_eq!(mended(line).as_deref(), wanted, "{line}");
        }
    }

    #[test]
    fn quotes_that_do_not_help_are_not_put_around_each_other_for_ever() {
        for line in ["a: [\"b\" {c} \"d, {e}\" f {g}]", "{say: \"x\"{{ y }}\"z\"{{ w }}}", "[\\\"{a}\\\"{b}\\\", {c}d]"] {
            assert!(mended(line).is_none_or(|mended| mended.len() < 3 * line.len()), "{line}");
        }
        assert_eq!(mended(&"[a{b}, ".repeat(10_000)), None);
    }
}
