//! An edit of a customer's record, checked when it comes in: a JSON object whose fields replace, or merge (RFC 7396).

use serde_json::{Map, Value};

use super::customers::{Content, Learned};
use crate::base::{CallId, Wall};

/// The longest of the short texts, in characters.
const LONGEST: usize = 200;
/// The most tags.
const MOST_TAGS: usize = 32;
/// The most CRM data, as JSON.
const MOST_CRM: usize = 32 * 1024;
/// The most that one thing learned may be, as JSON.
const MOST_VALUE: usize = 2_000;
/// The most things learned of one customer; the oldest go first.
const MOST_LEARNED: usize = 64;

/// What happens to the fields that a change does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// They stay (PATCH).
    Stays,
    /// They are cleared (PUT).
    Goes,
}

/// A change of a customer's record. Fields: `ref`, `name`, `tier`, `tags`, `crm`, `note`; null clears.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CustomerEdit {
    /// `None` leaves the field, `Some(None)` clears it.
    reference: Option<Option<String>>,
    name: Option<Option<String>>,
    tier: Option<Option<String>>,
    tags: Option<Vec<String>>,
    crm: Option<Crm>,
    learned: Vec<(String, Learned)>,
    tag: Vec<String>,
    untag: Vec<String>,
    pub(super) note: Option<String>,
}

/// What a call found out about its caller.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Finding {
    /// Fields: `name` and `tier` are the record's own, others were learned.
    pub fields: Map<String, Value>,
    /// Tags to add.
    pub tags: Vec<String>,
    /// Tags to take away.
    pub untag: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
enum Crm {
    Merge(Map<String, Value>),
    Replace(Map<String, Value>),
}

impl CustomerEdit {
    /// Reads a change.
    ///
    /// # Errors
    /// In words, where a field is not known, has the wrong kind or is too large.
    pub fn read(fields: &Map<String, Value>, rest: Rest) -> Result<Self, String> {
        const KNOWN: [&str; 6] = ["ref", "name", "tier", "tags", "crm", "note"];
        if let Some(name) = fields.keys().find(|name| !KNOWN.contains(&name.as_str())) {
            return Err(format!("the field {name:?} is not known; fields are {}", KNOWN.join(", ")));
        }
        let text = |name: &str| match (fields.get(name), rest) {
            (None, Rest::Stays) => Ok(None),
            (None, Rest::Goes) | (Some(Value::Null), _) => Ok(Some(None)),
            (Some(Value::String(text)), _) if !text.trim().is_empty() && text.chars().count() <= LONGEST => Ok(Some(Some(text.clone()))),
            (Some(_), _) => Err(format!("{name} is a text of 1 to {LONGEST} characters, or null")),
        };
        let tags = match (fields.get("tags"), rest) {
            (None, Rest::Stays) => None,
            (None, Rest::Goes) | (Some(Value::Null), _) => Some(Vec::new()),
            (Some(Value::Array(list)), _) if list.len() <= MOST_TAGS => {
                let texts = list.iter().map(|tag| tag.as_str().filter(|tag| tag.chars().count() <= LONGEST).map(str::to_owned));
                Some(texts.collect::<Option<Vec<String>>>().ok_or("tags is a list of texts")?)
            }
            (Some(_), _) => return Err(format!("tags is a list of at most {MOST_TAGS} texts, or null")),
        };
        let crm = match (fields.get("crm"), rest) {
            (None, Rest::Stays) => None,
            (None, Rest::Goes) | (Some(Value::Null), _) => Some(Crm::Replace(Map::new())),
            (Some(Value::Object(map)), _) => {
                if serde_json::to_string(map).map_or(usize::MAX, |text| text.len()) > MOST_CRM {
                    return Err(format!("crm is larger than {} KiB", MOST_CRM / 1024));
                }
                Some(if rest == Rest::Stays { Crm::Merge(map.clone()) } else { Crm::Replace(map.clone()) })
            }
            (Some(_), _) => return Err("crm is an object, or null".to_owned()),
        };
        let note = match fields.get("note") {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) if !text.trim().is_empty() => Some(text.clone()),
            Some(_) => return Err("note is a text".to_owned()),
        };
        Ok(Self { reference: text("ref")?, name: text("name")?, tier: text("tier")?, tags, crm, note, ..Self::default() })
    }

    /// Makes the edit that a call's findings are: `name` and `tier` are the record's own, other fields were learned.
    pub(super) fn found(finding: Finding, call: &CallId, at: Wall) -> Self {
        let Finding { fields, tags, untag } = finding;
        let mut edit = Self { tag: tags, untag, ..Self::default() };
        for (name, value) in fields {
            let text = value.as_str().filter(|text| !text.trim().is_empty() && text.chars().count() <= LONGEST).map(str::to_owned);
            match (name.as_str(), text) {
                ("name", Some(text)) => edit.name = Some(Some(text)),
                ("tier", Some(text)) => edit.tier = Some(Some(text)),
                _ if serde_json::to_string(&value).is_ok_and(|text| text.len() <= MOST_VALUE) => {
                    edit.learned.push((name, Learned { value, at, call: call.clone() }));
                }
                _ => {}
            }
        }
        edit
    }

    pub(super) fn apply(self, content: &mut Content) {
        if let Some(reference) = self.reference {
            content.reference = reference;
        }
        if let Some(name) = self.name {
            content.profile.name = name;
        }
        if let Some(tier) = self.tier {
            content.tier = tier;
        }
        if let Some(tags) = self.tags {
            content.tags = tags;
        }
        match self.crm {
            None => {}
            Some(Crm::Replace(map)) => content.profile.crm = map,
            Some(Crm::Merge(map)) => {
                let mut merged = content.profile.crm.clone();
                merge(&mut merged, map);
                // Merged again and again it may grow past what one request may bring.
                if serde_json::to_string(&merged).is_ok_and(|text| text.len() <= 2 * MOST_CRM) {
                    content.profile.crm = merged;
                }
            }
        }
        for (name, new) in self.learned {
            // Learned again is no news.
            if content.profile.learned.get(&name).is_none_or(|old| old.value != new.value) {
                content.profile.learned.insert(name, new);
            }
        }
        content.tags.retain(|tag| !self.untag.contains(tag));
        for tag in self.tag {
            if !content.tags.contains(&tag) && content.tags.len() < MOST_TAGS {
                content.tags.push(tag);
            }
        }
        while content.profile.learned.len() > MOST_LEARNED {
            let oldest = content.profile.learned.iter().min_by_key(|(_, learned)| learned.at).map(|(name, _)| name.clone());
            oldest.and_then(|name| content.profile.learned.remove(&name));
        }
    }
}

/// Merges as RFC 7396 says: null removes, objects merge, anything else replaces.
fn merge(into: &mut Map<String, Value>, patch: Map<String, Value>) {
    for (name, value) in patch {
        match value {
            Value::Null => drop(into.remove(&name)),
            Value::Object(patch) => {
                let place = into.entry(name).or_insert_with(|| Value::Object(Map::new()));
                if !place.is_object() {
                    *place = Value::Object(Map::new());
                }
                if let Value::Object(map) = place {
                    merge(map, patch);
                }
            }
            other => drop(into.insert(name, other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn change(fields: &Value, rest: Rest) -> Result<CustomerEdit, String> {
        CustomerEdit::read(fields.as_object().unwrap(), rest)
    }

    #[test]
    fn a_patch_changes_what_it_names_and_a_replacement_everything() {
        let mut content = Content::default();
        let first = json!({"ref": "C-1", "name": "王芳", "tier": "gold", "tags": ["vip"], "crm": {"points": 5, "address": {"city": "上海", "zip": "1"}}});
        change(&first, Rest::Goes).unwrap().apply(&mut content);
        change(&json!({"tier": null, "crm": {"points": 7, "address": {"zip": null}}}), Rest::Stays).unwrap().apply(&mut content);
        assert_eq!((content.tier.as_deref(), content.reference.as_deref(), content.tags.len()), (None, Some("C-1"), 1));
        assert_eq!(Value::Object(content.profile.crm.clone()), json!({"points": 7, "address": {"city": "上海"}}));
        change(&json!({"name": "王芳"}), Rest::Goes).unwrap().apply(&mut content);
        assert_eq!((content.reference, content.tags.len(), content.profile.crm.len()), (None, 0, 0));
        assert_eq!(content.profile.name.as_deref(), Some("王芳"));
    }

    #[test]
    fn what_is_no_change_is_refused_in_words() {
        let long = "x".repeat(40_000);
        for (fields, part) in [
            (json!({"tiers": "gold"}), "\"tiers\" is not known"),
            (json!({"tier": 5}), "tier is a text"),
            (json!({"name": ""}), "name is a text"),
            (json!({"ref": long}), "ref is a text"),
            (json!({"tags": "vip"}), "tags is a list"),
            (json!({"tags": [1]}), "tags is a list"),
            (json!({"crm": []}), "crm is an object"),
            (json!({"crm": {"a": long}}), "larger than 32 KiB"),
            (json!({"note": 7}), "note is a text"),
        ] {
            let words = change(&fields, Rest::Stays).unwrap_err();
            assert!(words.contains(part), "{words}");
        }
    }
}
