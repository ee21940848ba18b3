//! `bellhop fmt`: a file in canonical order, indentation and quotes; comments stay, and the meaning does.
//! Knows the order of keys from the tables; knows nothing of what they do.

mod order;
mod tree;
mod write;

use super::diagnostic::{Diagnostic, Wordings};
use super::load::{self, Report};
use super::yaml::{self, Kind, Node};
use super::{Place, keys, script_keys};

/// Writes a dialplan, or the scripted calls of one (`x.calls.yaml`), in canonical form.
///
/// # Errors
/// Where the file is no YAML that Bellhop takes: everything that is wrong with its form, in its order.
pub fn format(file_name: &str, text: &str) -> Result<String, Vec<Diagnostic>> {
    let (before, _) = load::load(file_name, text, &mut |tree, _: &mut Report| Some(tree.clone()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let top = if file_name.ends_with(".calls.yaml") || file_name.ends_with(".calls.yml") { &script_keys::FILE } else { &keys::TOP };
    let formatted = tree::build(text).map(|mut file| {
        order::sort(&mut file.root, &keys::Shape::Group(top));
        write::write(&file)
    });
    // What is written must mean the same; a file for which it does not is left alone.
    let same = formatted.filter(|formatted| yaml::parse(formatted).is_ok_and(|after| means(&before) == means(&after)));
    same.ok_or_else(|| {
        vec![Diagnostic {
            file: file_name.to_owned(),
            place: Place { line: 1, column: 1 },
            length: 1,
            severity: super::Severity::Error,
            code: "not-formatted",
            message: Wordings::new("这个文件的写法没法整理，没有改动", "this file cannot be put in order; nothing was changed"),
            help: Wordings::default(),
            line: text.lines().next().unwrap_or_default().to_owned(),
        }]
    })
}

/// What a tree says, whatever its order of keys and its quotes.
fn means(node: &Node) -> String {
    match &node.kind {
        Kind::Scalar { .. } if node.is_nothing() => "~".to_owned(),
        Kind::Scalar { text, .. } => format!("{text:?}"),
        Kind::List(items) => format!("[{}]", items.iter().map(means).collect::<Vec<_>>().join(",")),
        Kind::Map(entries) => {
            let mut all: Vec<String> = entries.iter().map(|(key, value)| format!("{}:{}", means(key), means(value))).collect();
            all.sort();
            format!("{{{}}}", all.join(","))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(before: &str, after: &str) {
        let once = format("a.yaml", before).unwrap_or_else(|found| panic!("{found:#?}"));
        assert_eq!(once, after);
        assert_eq!(format("a.yaml", &once).as_deref(), Ok(after), "not the same the second time");
    }

    #[test]
    fn keys_are_put_in_order_and_comments_go_with_them() {
        check(
            "# the file\n\nnumbers: ['8001']\n# its name\nname:   \"小店\"   # for people\ndialplan: 1\n",
            "# the file\n\ndialplan: 1\n# its name\nname: 小店       # for people\nnumbers: [\"8001\"]\n",
        );
    }

    #[test]
    fn steps_and_sections_are_laid_out_the_same_way_everywhere() {
        check(
            "dialplan: 1\nflows:\n    a:\n    # ask first\n    -   as: order\n        get: '/orders/{{ x }}'\n        lookup: shop\n    - {say: 'a: b'}\n\n\n    b: [ listen ]\nprompts: {again: [好, '不']}\n",
            "dialplan: 1\nprompts: {again: [好, 不]}\n\nflows:\n  a:\n    # ask first\n    - lookup: shop\n      get: \"/orders/{{ x }}\"\n      as: order\n    - {say: \"a: b\"}\n\n  b: [listen]\n",
        );
    }

    #[test]
    fn what_must_stay_in_quotes_does() {
        for text in ["010123", "yes", "1.0", "a: b", "a #b", "{{ x }}", "~", "", "- a", "*", "2026-10-01", " a"] {
            let file = format!("name: \"{text}\"\n");
            assert_eq!(format("a.yaml", &file).as_deref(), Ok(file.as_str()));
        }
    }

    #[test]
    fn comments_stay_where_they_belong() {
        let text = "dialplan: 1\n\nflows:\n  a:              # the first\n    - say: 您好     # aligned\n    # - say: 不说了\n  # before b\n  b:\n    - hangup\n    # the last\n\n# the end\n";
        check(text, text);
    }

    #[test]
    fn long_texts_keep_their_lines_and_long_lists_get_lines() {
        check("flows:\n  a:\n    - say: |\n        一\n        二\n", "flows:\n  a:\n    - say: |\n        一\n        二\n");
        let long = "长".repeat(60);
        check(&format!("never_say: [{long}, {long}]\n"), &format!("never_say:\n  - {long}\n  - {long}\n"));
    }

    #[test]
    fn what_is_no_yaml_is_told_and_left_alone() {
        let found = format("a.yaml", "flows: [a\n").err().unwrap_or_default();
        assert!(!found.is_empty());
    }
}
