//! The picture as SVG, drawn by hand: one file, no script, readable in any browser and on paper.

use std::fmt::Write as _;

use super::cards::{Kind, Mark};
use super::layout::{Picture, Placed, ROW, SUBTITLE, TITLE, TOP, WIDTH, head};

/// A letter's and a Chinese character's width at the size of rows.
const LETTER: f64 = 7.1;
const CHARACTER: f64 = 13.0;

pub(super) fn svg(name: &str, picture: &Picture) -> String {
    let (width, height) = (picture.width, picture.height);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         font-family=\"'Noto Sans CJK SC','PingFang SC','Microsoft YaHei','WenQuanYi Zen Hei',sans-serif\" font-size=\"13\">\n\
         <defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\">\
         <path d=\"M0 0L8 4L0 8z\" fill=\"#5b6b83\"/></marker></defs>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#f6f7f9\"/>\n\
         <text x=\"30\" y=\"46\" font-size=\"22\" font-weight=\"bold\" fill=\"#1f2937\">{}</text>\n",
        escaped(name)
    );
    for way in &picture.ways {
        let (from, to) = (&picture.cards[way.from], &picture.cards[way.to]);
        let (y, into) = (from.row_y(way.row), to.y + TITLE / 2.0);
        let path = if to.column > from.column {
            let (x, end) = (from.x + WIDTH, to.x);
            let bend = ((end - x) / 2.0).clamp(30.0, 70.0);
            format!("M{x:.0} {y:.0}C{:.0} {y:.0} {:.0} {into:.0} {:.0} {into:.0}", x + bend, end - bend, end - 2.0)
        } else {
            // Back, or round within a column: out on the right and in on the right.
            let (x, end) = (from.x + WIDTH, to.x + WIDTH);
            let out = x.max(end) + 40.0;
            format!("M{x:.0} {y:.0}C{out:.0} {y:.0} {out:.0} {into:.0} {:.0} {into:.0}", end + 2.0)
        };
        let dash = if to.column > from.column { "" } else { " stroke-dasharray=\"5 3\"" };
        // A way past other columns runs behind their cards: paler, so that the near ones stay readable.
        let colour = if to.column > from.column + 1 { "#b6c2d1" } else { "#5b6b83" };
        let _ = writeln!(out, "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.4\" marker-end=\"url(#tip)\"{dash}/>");
    }
    for placed in &picture.cards {
        card(&mut out, placed);
    }
    out.push_str("</svg>\n");
    debug_assert!(picture.cards.iter().all(|one| one.y >= TOP), "cards stand below the title");
    out
}

fn card(out: &mut String, placed: &Placed) {
    let Placed { card, x, y, .. } = placed;
    let colour = match card.kind {
        Kind::Beginning => "#334155",
        Kind::Intent => "#1d6fb8",
        Kind::Flow => "#2f7d5b",
        Kind::Queue => "#b45309",
    };
    let height = placed.height();
    let _ = writeln!(
        out,
        "<g><rect x=\"{x:.0}\" y=\"{y:.0}\" width=\"{WIDTH}\" height=\"{height:.0}\" rx=\"7\" fill=\"#fff\" stroke=\"{colour}\" stroke-width=\"1.3\"/>\
         <path d=\"M{x:.0} {:.0}v-{:.0}q0-7 7-7h{:.0}q7 0 7 7v{:.0}z\" fill=\"{colour}\"/>",
        y + TITLE,
        TITLE - 7.0,
        WIDTH - 14.0,
        TITLE - 7.0
    );
    text(out, x + 12.0, y + 20.0, WIDTH - 24.0, &card.title, "fill=\"#fff\" font-weight=\"bold\" font-size=\"14\"", 1.08);
    if !card.subtitle.is_empty() {
        text(out, x + 12.0, y + TITLE + SUBTITLE - 4.0, WIDTH - 24.0, &card.subtitle, "fill=\"#64748b\" font-size=\"12\"", 0.93);
    }
    for (number, row) in card.rows.iter().enumerate() {
        let top = y + head(card) + ROW * number as f64;
        let indent = 12.0 + 14.0 * row.indent as f64;
        let (mark, colour) = match row.mark {
            Mark::Says => ("“", "#64748b"),
            Mark::Asks => ("?", "#1d6fb8"),
            Mark::System => ("⛁", "#7c3aed"),
            Mark::Branch => ("◆", "#94a3b8"),
            Mark::Goes => ("→", "#2f7d5b"),
            Mark::Person => ("☎", "#b45309"),
            Mark::Ends => ("■", "#b91c1c"),
            Mark::Other => ("·", "#64748b"),
        };
        let _ = writeln!(out, "<text x=\"{:.0}\" y=\"{:.0}\" fill=\"{colour}\" font-weight=\"bold\">{mark}</text>", x + indent, top + 16.0);
        let style = match row.mark {
            Mark::Branch => "fill=\"#475569\" font-style=\"italic\"".to_owned(),
            Mark::Says | Mark::Other => "fill=\"#1f2937\"".to_owned(),
            _ => format!("fill=\"{colour}\""),
        };
        text(out, x + indent + 18.0, top + 16.0, WIDTH - indent - 30.0, &row.text, &style, 1.0);
    }
    out.push_str("</g>\n");
}

/// Writes a text cut to a width; the whole of it shows when the mouse rests there.
fn text(out: &mut String, x: f64, y: f64, room: f64, words: &str, style: &str, scale: f64) {
    let shown = fitted(words, room / scale);
    let title = if shown == words { String::new() } else { format!("<title>{}</title>", escaped(words)) };
    let _ = writeln!(out, "<text x=\"{x:.0}\" y=\"{y:.0}\" {style}>{title}{}</text>", escaped(&shown));
}

fn fitted(words: &str, room: f64) -> String {
    let width = |sign: char| if sign.is_ascii() { LETTER } else { CHARACTER };
    if words.chars().map(width).sum::<f64>() <= room {
        return words.to_owned();
    }
    let mut left = room - CHARACTER;
    let mut out: String = words
        .chars()
        .take_while(|sign| {
            left -= width(*sign);
            left >= 0.0
        })
        .collect();
    out.push('…');
    out
}

fn escaped(text: &str) -> String {
    text.chars()
        .filter(|sign| !sign.is_control())
        .map(|sign| match sign {
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '&' => "&amp;".to_owned(),
            '"' => "&quot;".to_owned(),
            other => other.to_string(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_to_their_room_and_cannot_break_the_picture() {
        assert_eq!(fitted("您好", 100.0), "您好");
        assert_eq!(fitted("您好您好您好", 50.0), "您好…");
        assert_eq!(escaped("<a & \"b\">\n"), "&lt;a &amp; &quot;b&quot;&gt;");
    }
}
