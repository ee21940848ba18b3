//! Where a value stands in a JSON answer: `data.items[0].name`, a part of JSONPath (RFC 9535). Knows no lookup and no template.

use std::fmt;

use serde_json::Value;

/// The most parts of a path.
const MOST_PARTS: usize = 32;
/// The most values that `[*]` gives.
const MOST_VALUES: usize = 100;

/// A path into a JSON answer, compiled when the dialplan is loaded: names after dots or in `['…']`, places in lists as `[0]` (from the
/// end: `[-1]`), all of a list as `[*]`. A leading `$` may stand.
#[derive(Clone, PartialEq, Eq)]
pub struct JsonPath {
    source: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Name(String),
    Place(i64),
    All,
}

/// Why a path cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{en}")]
pub struct JsonPathError {
    /// In Chinese.
    pub zh: &'static str,
    /// In English.
    pub en: &'static str,
}

const fn wrong(zh: &'static str, en: &'static str) -> JsonPathError {
    JsonPathError { zh, en }
}

impl JsonPath {
    /// Compiles a path.
    ///
    /// # Errors
    /// Where it is empty, a bracket is not closed or what stands in one is neither a place, a name in quotes nor `*`.
    pub fn new(source: &str) -> Result<Self, JsonPathError> {
        let mut rest = source.trim();
        rest = rest.strip_prefix('$').unwrap_or(rest);
        let mut parts = Vec::new();
        let mut first = true;
        while !rest.is_empty() {
            if let Some(inside) = rest.strip_prefix('[') {
                let (part, after) = bracket(inside)?;
                parts.push(part);
                rest = after;
            } else {
                let name = match rest.strip_prefix('.') {
                    Some(name) => name,
                    None if first => rest,
                    None => return Err(wrong("] 后面要写 . 或 [", ". or [ follows ]")),
                };
                let end = name.find(['.', '[']).unwrap_or(name.len());
                let (name, after) = name.split_at(end);
                let name = name.trim();
                if name.is_empty() || name.contains([']', '\'', '"']) {
                    return Err(wrong("点后面少了名字", "a name is missing after a dot"));
                }
                parts.push(if name == "*" { Part::All } else { Part::Name(name.to_owned()) });
                rest = after;
            }
            first = false;
            if parts.len() > MOST_PARTS {
                return Err(wrong("太长", "it is too long"));
            }
        }
        if parts.is_empty() && source.trim() != "$" {
            return Err(wrong("是空的", "it is empty"));
        }
        Ok(Self { source: source.trim().to_owned(), parts })
    }

    /// Returns the path as written.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Finds what stands there; null where nothing does, a list for `[*]`.
    #[must_use]
    pub fn find(&self, value: &Value) -> Value {
        let mut found = vec![value];
        let mut many = false;
        for part in &self.parts {
            let mut next = Vec::new();
            for one in found {
                match (part, one) {
                    (Part::Name(name), Value::Object(map)) => next.extend(map.get(name)),
                    (Part::Place(place), Value::Array(list)) => {
                        let back = usize::try_from(place.unsigned_abs()).unwrap_or(usize::MAX);
                        let index = if *place < 0 { list.len().checked_sub(back) } else { Some(back) };
                        next.extend(index.and_then(|index| list.get(index)));
                    }
                    (Part::All, Value::Array(list)) => next.extend(list.iter()),
                    (Part::All, Value::Object(map)) => next.extend(map.values()),
                    _ => {}
                }
            }
            next.truncate(MOST_VALUES);
            many |= *part == Part::All;
            found = next;
        }
        if many {
            return Value::Array(found.into_iter().cloned().collect());
        }
        found.first().map_or(Value::Null, |value| (*value).clone())
    }
}

impl fmt::Debug for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("JsonPath").field(&self.source).finish()
    }
}

/// Reads what stands in a bracket, and returns what follows it.
fn bracket(inside: &str) -> Result<(Part, &str), JsonPathError> {
    let unclosed = wrong("[ 后面少了 ]", "] is missing after [");
    for quote in ['\'', '"'] {
        if let Some(name) = inside.strip_prefix(quote) {
            let (name, after) = name.split_once(quote).ok_or(unclosed)?;
            return Ok((Part::Name(name.to_owned()), after.strip_prefix(']').ok_or(unclosed)?));
        }
    }
    let (text, after) = inside.split_once(']').ok_or(unclosed)?;
    let part = match text.trim() {
        "*" => Part::All,
        place => Part::Place(place.parse().map_err(|_| wrong("[ ] 里写数字、'名字' 或 *", "a number, 'name' or * stands in [ ]"))?),
    };
    Ok((part, after))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_finds_what_stands_there_and_null_where_nothing_does() {
        let answer = json!({"code": 0, "data": {"orders": [{"id": "1", "收货人": "王"}, {"id": "2"}], "a.b": true}});
        let check = |path: &str, expected: Value| assert_eq!(JsonPath::new(path).unwrap().find(&answer), expected, "{path}");
        check("code", json!(0));
        check("$.data.orders[0].id", json!("1"));
        check("data.orders[-1].id", json!("2"));
        check("data.orders[0]['收货人']", json!("王"));
        check("data.orders[0].收货人", json!("王"));
        check("data[\"a.b\"]", json!(true));
        check("data.orders[*].id", json!(["1", "2"]));
        check("data.nobody[*].id", json!([]));
        check("data.orders[7].id", Value::Null);
        check("data.orders[-3]", Value::Null);
        check("data.orders.id", Value::Null);
        check("code.more", Value::Null);
        check("$", answer.clone());
    }

    #[test]
    fn what_is_no_path_is_refused_in_words() {
        for path in ["", " ", ".", "a..b", "a[", "a[x]", "a['b", "a['b'", "a[0]b", "a.", "a]", "a['b'x]", &"a.".repeat(99)] {
            assert!(JsonPath::new(path).is_err(), "{path}");
        }
    }

    #[test]
    fn any_text_is_read_or_refused() {
        proptest::proptest!(|(text in "[a$.\\[\\]'\"*0-9-]{0,20}")| {
            if let Ok(path) = JsonPath::new(&text) {
                let _ = path.find(&json!({"a": [[1], {"a": [2]}]}));
            }
        });
    }
}
