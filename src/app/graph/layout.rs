//! Where each card stands: columns from left to right as a call goes, those that lead to each other near each other.

use std::collections::BTreeMap;

use super::cards::{Card, Kind};

/// A card's width.
pub(super) const WIDTH: f64 = 320.0;
/// A row's height.
pub(super) const ROW: f64 = 22.0;
/// The height of a card's title, and of what callers say below it.
pub(super) const TITLE: f64 = 30.0;
pub(super) const SUBTITLE: f64 = 20.0;
/// Between columns, where the ways run.
const GAP: f64 = 110.0;
/// Between cards of a column.
const BETWEEN: f64 = 20.0;
const MARGIN: f64 = 30.0;
/// Above the cards: the columns' names.
pub(super) const TOP: f64 = 80.0;
/// Cards of one column; more begin another.
const TALLEST: f64 = 1_500.0;

/// A picture: cards in their places and the ways between them.
pub(super) struct Picture {
    pub cards: Vec<Placed>,
    pub ways: Vec<Way>,
    pub width: f64,
    pub height: f64,
}

/// A card in its place.
pub(super) struct Placed {
    pub card: Card,
    pub column: usize,
    pub x: f64,
    pub y: f64,
}

/// From a row to a card.
pub(super) struct Way {
    pub from: usize,
    pub row: usize,
    pub to: usize,
}

impl Placed {
    pub fn height(&self) -> f64 {
        height(&self.card)
    }

    /// The middle of a row.
    pub fn row_y(&self, row: usize) -> f64 {
        self.y + head(&self.card) + ROW * (row as f64 + 0.5)
    }
}

/// The height of what stands above a card's rows.
pub(super) fn head(card: &Card) -> f64 {
    TITLE + if card.subtitle.is_empty() { 0.0 } else { SUBTITLE }
}

fn height(card: &Card) -> f64 {
    head(card) + ROW * card.rows.len() as f64 + 8.0
}

/// From this many ways in on, a card says how many there are instead: each row names it, and the lines would cover the rest.
const MANY: usize = 7;

/// Places cards.
pub(super) fn place(cards: Vec<Card>) -> Picture {
    let flows: BTreeMap<String, usize> =
        cards.iter().enumerate().filter(|(_, card)| card.kind == Kind::Flow).map(|(at, card)| (card.title.clone(), at)).collect();
    let mut ways = Vec::new();
    for (from, card) in cards.iter().enumerate() {
        for (row, to) in card.rows.iter().enumerate().filter_map(|(row, one)| Some((row, *flows.get(one.to.as_ref()?)?))) {
            ways.push(Way { from, row, to });
        }
    }
    let ranks = ranks(&cards, &ways);
    let last = ranks.iter().copied().max().unwrap_or(0);
    let mut placed: Vec<Placed> =
        cards.into_iter().zip(&ranks).map(|(card, rank)| Placed { card, column: *rank, x: 0.0, y: 0.0 }).collect();
    let mut x = MARGIN;
    let mut column = 0;
    for rank in 0..=last {
        let mut members: Vec<usize> = (0..placed.len()).filter(|at| placed[*at].column == rank && ranks[*at] == rank).collect();
        if members.is_empty() {
            continue;
        }
        // A card stands as near as it can to what leads to it.
        let wish = |at: usize, placed: &[Placed]| {
            let from: Vec<f64> =
                ways.iter().filter(|way| way.to == at && ranks[way.from] < rank).map(|way| placed[way.from].row_y(way.row)).collect();
            if from.is_empty() { f64::MAX } else { from.iter().sum::<f64>() / from.len() as f64 }
        };
        if rank >= 2 {
            members.sort_by(|one, other| wish(*one, &placed).total_cmp(&wish(*other, &placed)));
        }
        let mut y = TOP;
        for at in members {
            let tall = height(&placed[at].card);
            if y > TOP && y + tall > TOP + TALLEST {
                x += WIDTH + if rank == 1 { 30.0 } else { GAP };
                column += 1;
                y = TOP;
            }
            placed[at].x = x;
            placed[at].y = y;
            placed[at].column = column;
            y += tall + BETWEEN;
        }
        x += WIDTH + GAP;
        column += 1;
    }
    for (at, one) in placed.iter_mut().enumerate() {
        let count = ways.iter().filter(|way| way.to == at).count();
        if count >= MANY {
            one.card.title.push_str(&format!("  ← {count}"));
            ways.retain(|way| way.to != at);
        }
    }
    let height = placed.iter().map(|one| one.y + one.height()).fold(0.0, f64::max) + MARGIN;
    Picture { cards: placed, ways, width: x - GAP + MARGIN, height }
}

/// How far from the beginning a card is: the beginning 0, intents 1, flows after what leads to them, queues at the end.
fn ranks(cards: &[Card], ways: &[Way]) -> Vec<usize> {
    let mut ranks: Vec<usize> = cards
        .iter()
        .map(|card| match card.kind {
            Kind::Beginning => 0,
            Kind::Intent => 1,
            Kind::Flow | Kind::Queue => 2,
        })
        .collect();
    // A flow stands right of every flow that leads to it; circles end after as many rounds as there are cards.
    for _ in 0..cards.len().min(12) {
        let mut moved = false;
        for way in ways.iter().filter(|way| cards[way.from].kind == Kind::Flow && way.from != way.to) {
            let back = leads_to(ways, way.to, way.from);
            if !back && ranks[way.to] <= ranks[way.from] {
                ranks[way.to] = ranks[way.from] + 1;
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    let last = ranks.iter().copied().max().unwrap_or(0);
    for (rank, _) in ranks.iter_mut().zip(cards).filter(|(_, card)| card.kind == Kind::Queue) {
        *rank = last + 1;
    }
    ranks
}

/// Whether one card leads to another, at whatever distance.
fn leads_to(ways: &[Way], from: usize, to: usize) -> bool {
    let mut seen = vec![from];
    let mut at = 0;
    while at < seen.len() {
        let here = seen[at];
        for way in ways.iter().filter(|way| way.from == here) {
            if way.to == to {
                return true;
            }
            if !seen.contains(&way.to) {
                seen.push(way.to);
            }
        }
        at += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::super::cards::{Mark, Row};
    use super::*;

    fn card(kind: Kind, title: &str, to: &[&str]) -> Card {
        let row = |to: &&str| Row { indent: 0, mark: Mark::Goes, text: (*to).to_owned(), to: Some((*to).to_owned()) };
        Card { kind, title: title.to_owned(), subtitle: String::new(), rows: to.iter().map(row).collect() }
    }

    #[test]
    fn no_two_cards_overlap_and_ways_go_to_the_right_but_for_circles() {
        let picture = place(vec![
            card(Kind::Beginning, "start", &["a"]),
            card(Kind::Intent, "i", &["a", "b"]),
            card(Kind::Flow, "a", &["b", "c"]),
            card(Kind::Flow, "b", &["c"]),
            card(Kind::Flow, "c", &["c"]),
            card(Kind::Flow, "d", &["e"]),
            card(Kind::Flow, "e", &["d"]),
            card(Kind::Queue, "q", &[]),
        ]);
        assert_eq!(picture.ways.len(), 9);
        for (at, one) in picture.cards.iter().enumerate() {
            for other in &picture.cards[at + 1..] {
                let apart = one.x + WIDTH <= other.x
                    || other.x + WIDTH <= one.x
                    || one.y + one.height() <= other.y
                    || other.y + other.height() <= one.y;
                assert!(apart, "{} and {}", one.card.title, other.card.title);
            }
        }
        let x = |title: &str| picture.cards.iter().find(|one| one.card.title == title).map_or(0.0, |one| one.x);
        assert!(x("start") < x("i") && x("i") < x("a") && x("a") < x("b") && x("b") < x("c") && x("c") < x("q"));
    }
}
