//! Reads opening hours, the time zone, and days.

use jiff::civil::{Date, Time};
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::super::Hours;
use super::super::diagnostic::Wordings;
use super::super::keys;
use super::super::yaml::Node;
use super::value::{Fields, Reader};
use crate::base::Language;

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const EVERY_DAY: &[&str] = &["daily", "every_day", "mon-sun"];

impl<'n> Reader<'_> {
    pub(super) fn hours(&mut self, top: &Fields<'n>) -> Hours {
        let mut hours = Hours { zone: self.zone(top), ..Hours::default() };
        let Some(node) = top.value("hours") else { return hours };
        let mut weekly: [Vec<(Time, Time)>; 7] = std::array::from_fn(|_| Vec::new());
        for (key, value) in self.each(node) {
            let name = key.text().unwrap_or_default().trim().to_lowercase();
            if name == "closed" {
                for day in Reader::many(value) {
                    hours.closed.extend(self.days(day));
                }
                continue;
            }
            let Some(days) = days_of_the_week(&name) else {
                self.report.error(
                    key,
                    "bad-hours",
                    Wordings::new(format!("{name} 不是星期几"), format!("{name} is no day of the week")),
                    Wordings::new("写成 mon-fri、sat、sun、daily 或 closed", "write mon-fri, sat, sun, daily or closed"),
                );
                continue;
            };
            for range in Reader::many(value) {
                let Some((from, until)) = self.open_from(range) else { continue };
                for day in &days {
                    if from < until {
                        weekly[*day].push((from, until));
                    } else if from > until {
                        weekly[*day].push((from, Time::MAX));
                        weekly[(*day + 1) % 7].push((Time::MIN, until));
                    }
                }
            }
        }
        hours.weekly = Some(weekly);
        hours
    }

    fn zone(&mut self, top: &Fields<'n>) -> TimeZone {
        let usual = if self.language == Language::Zh { "Asia/Shanghai" } else { "UTC" };
        let zones = TimeZoneDatabase::bundled();
        let Some(node) = top.value("timezone") else { return zones.get(usual).unwrap_or(TimeZone::UTC) };
        let Some(name) = self.plain(node) else { return TimeZone::UTC };
        if let Ok(zone) = zones.get(&name) {
            return zone;
        }
        let known: Vec<String> = zones.available().map(|zone| zone.to_string()).collect();
        let near = keys::nearest(&name, known.iter().map(String::as_str)).unwrap_or("Asia/Shanghai").to_owned();
        self.report.error(
            node,
            "bad-timezone",
            Wordings::new(format!("没有叫 {name} 的时区"), format!("there is no time zone {name}")),
            Wordings::new(format!("写成 timezone: {near}"), format!("write timezone: {near}")),
        );
        TimeZone::UTC
    }

    /// Reads `09:00-21:00`; `closed` and nothing are no hours.
    fn open_from(&mut self, node: &Node) -> Option<(Time, Time)> {
        let text = self.plain(node)?;
        if text == "closed" {
            return None;
        }
        let time = |text: &str| match text.trim() {
            "24:00" => Some(Time::MAX),
            text => {
                let (hour, minute) = text.split_once(':')?;
                Time::new(hour.parse().ok()?, minute.parse().ok().filter(|_| minute.len() == 2)?, 0, 0).ok()
            }
        };
        let tidy = text.replace(['：'], ":").replace(['－', '–', '—', '~', '～', '至', '到'], "-");
        let found = tidy.split_once('-').and_then(|(from, until)| Some((time(from)?, time(until)?)));
        if found.is_none() || tidy != text {
            let help = if found.is_some() { tidy.as_str() } else { "09:00-21:00" };
            self.report.error(
                node,
                "bad-hours",
                Wordings::new(format!("{text} 不是营业时间"), format!("{text} are no hours")),
                Wordings::new(format!("写成 \"{help}\""), format!("write \"{help}\"")),
            );
            return None;
        }
        found
    }

    /// Reads a day, or the first and the last of several, as `2026-10-01..2026-10-07`.
    pub(super) fn days(&mut self, node: &Node) -> Option<(Date, Date)> {
        let text = self.plain(node)?;
        let (first, last) = text.split_once("..").unwrap_or((&text, &text));
        let found = first.trim().parse::<Date>().ok().zip(last.trim().parse::<Date>().ok());
        if let Some((first, last)) = found.filter(|(first, last)| first <= last) {
            return Some((first, last));
        }
        self.report.error(
            node,
            "bad-date",
            Wordings::new(format!("{text} 不是日期"), format!("{text} is no date")),
            Wordings::new("写成 2026-10-01 或 2026-10-01..2026-10-07", "write 2026-10-01 or 2026-10-01..2026-10-07"),
        );
        None
    }
}

/// Returns the days from 0 for Monday: `mon-fri`, `sat`, `mon,wed`, `daily`.
fn days_of_the_week(name: &str) -> Option<Vec<usize>> {
    if EVERY_DAY.contains(&name) {
        return Some((0..7).collect());
    }
    let day = |name: &str| DAYS.iter().position(|known| *known == name.trim());
    let mut days = Vec::new();
    for part in name.split(',') {
        match part.split_once('-') {
            Some((first, last)) => {
                let (first, last) = (day(first)?, day(last)?);
                days.extend((0..7).map(|step| (first + step) % 7).take((last + 7 - first) % 7 + 1));
            }
            None => days.push(day(part)?),
        }
    }
    Some(days)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_hours_is_said_with_what_to_write() {
        use crate::dialplan::Dialplan;
        for (text, code, help) in [
            ("hours: {mon-fri: \"9点-21点\"}", "bad-hours", "09:00-21:00"),
            ("hours: {mon-fri: \"09：00－21：00\"}", "bad-hours", "09:00-21:00"),
            ("hours: {周一: \"09:00-21:00\"}", "bad-hours", "mon-fri"),
            ("hours: {closed: [\"10月1日\"]}", "bad-date", "2026-10-01"),
            ("timezone: Asia/Shanghia", "bad-timezone", "Asia/Shanghai"),
            ("after_hours: [hangup]", "no-hours", "hours:"),
        ] {
            let text = format!("dialplan: 1\nnumbers: [\"1\"]\n{text}\n");
            let found = Dialplan::load("a.yaml", &text, &|_| None).map_or_else(|found| found, |plan| plan.warnings);
            assert!(found.iter().any(|one| one.code == code && one.help.en.contains(help)), "{text}: {found:#?}");
        }
        let night = "dialplan: 1\nnumbers: [\"1\"]\ntimezone: UTC\nhours: {daily: [\"22:00-06:00\", \"12:00-24:00\"]}\n";
        let plan = Dialplan::load("a.yaml", night, &|_| None).unwrap();
        let open = |local: &str| plan.hours.is_open(plan.hours.wall(local.parse().unwrap()).unwrap());
        assert!(open("2026-11-11T05:59") && !open("2026-11-11T06:00") && open("2026-11-11T23:59:30"));
    }

    #[test]
    fn days_of_the_week_are_read_in_ranges_and_lists() {
        for (name, days) in [
            ("mon-fri", Some(vec![0, 1, 2, 3, 4])),
            ("sat-sun", Some(vec![5, 6])),
            ("sun", Some(vec![6])),
            ("sat-mon", Some(vec![5, 6, 0])),
            ("mon,wed", Some(vec![0, 2])),
            ("daily", Some(vec![0, 1, 2, 3, 4, 5, 6])),
            ("周一", None),
        ] {
            assert_eq!(days_of_the_week(name), days, "{name}");
        }
    }
}
