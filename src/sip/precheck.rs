//! A first look at a datagram before the SIP library sees it: repaired, answered with an error, or dropped with a reason.
//!
//! The library drops most malformed requests without a word and loses those whose headers are not UTF-8; here they get
//! what RFC 3261 §8.2 says. Looks at the head only as far as it must; total over arbitrary bytes.

use std::borrow::Cow;
use std::net::SocketAddr;

use super::head::{Head, Kind};
use super::refusal::Refusal;

/// The longest message passed on: what the SIP library reads from a datagram.
pub const LONGEST_MESSAGE: usize = 8_192;

/// Methods we answer with something other than 405; also the value of Allow.
pub const METHODS: [&str; 9] = ["INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "INFO", "UPDATE", "MESSAGE", "PRACK"];

/// What to do with a datagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict<'a> {
    /// Pass it on: as it came, or repaired.
    Pass(Cow<'a, [u8]>),
    /// Send this back to where it came from, and forget it.
    Answer(Vec<u8>),
    /// A keep-alive (RFC 5626 §3.5.1): send one line end back.
    Pong,
    /// Forget it.
    Drop(DropReason),
}

/// Why a datagram is dropped without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropReason {
    /// White space, as some peers send to keep a way open.
    Empty,
    /// It is no SIP message.
    NotSip,
    /// It is malformed, and an answer would not find its way, or none is allowed (ACK, responses).
    Unanswerable,
}

/// Looks at one datagram from `source`; `server` names us in answers.
#[must_use]
pub fn precheck<'a>(datagram: &'a [u8], source: SocketAddr, server: &str) -> Verdict<'a> {
    if datagram == b"\r\n\r\n" {
        return Verdict::Pong;
    }
    if datagram.trim_ascii().is_empty() {
        return Verdict::Drop(DropReason::Empty);
    }
    let Some(head) = Head::read(datagram) else { return Verdict::Drop(DropReason::NotSip) };
    match fault(&head) {
        None => head.repaired(),
        Some(refusal) => refusal.answer(&head, source, server).map_or(Verdict::Drop(DropReason::Unanswerable), Verdict::Answer),
    }
}

/// Answers a datagram that passed, but that the SIP library cannot read, with 400.
#[must_use]
pub fn refuse_unreadable(datagram: &[u8], source: SocketAddr, server: &str) -> Option<Vec<u8>> {
    let head = Head::read(datagram)?;
    Refusal::new(400, "Unreadable Header").answer(&head, source, server)
}

fn fault(head: &Head<'_>) -> Option<Refusal> {
    let bad = |reason| Some(Refusal::new(400, reason));
    if let Kind::Request { version, .. } = &head.kind
        && !version.eq_ignore_ascii_case("SIP/2.0")
    {
        return Some(Refusal::new(505, "Version Not Supported"));
    }
    if head.whole > LONGEST_MESSAGE {
        return Some(Refusal::new(513, "Message Too Large"));
    }
    if !head.complete {
        return bad("Truncated Message");
    }
    if head.too_many {
        return bad("Too Many Headers");
    }
    if head.first("via").is_none() {
        return bad("Missing Via");
    }
    for (name, reason) in [("from", "Missing From"), ("to", "Missing To"), ("call-id", "Missing Call-ID"), ("cseq", "Missing CSeq")] {
        match head.all(name).count() {
            1 => {}
            0 => return bad(reason),
            _ => return bad("Repeated Header"),
        }
    }
    let Some((number, method)) = head.first("cseq").and_then(|value| value.trim().split_once(|c: char| c.is_ascii_whitespace())) else {
        return bad("Malformed CSeq");
    };
    if number.parse::<u32>().map_or(true, |number| number > i32::MAX.cast_unsigned()) {
        return bad("Malformed CSeq");
    }
    if head.first("call-id").is_none_or(|id| id.trim().is_empty()) {
        return bad("Empty Call-ID");
    }
    if let Some(length) = head.first("content-length") {
        match length.trim().parse::<usize>() {
            Ok(length) if length <= head.body.len() && head.all("content-length").count() == 1 => {}
            // RFC 3261 §18.3: a body shorter than it says is an error, a longer one is cut.
            _ => return bad("Wrong Content-Length"),
        }
    }
    let Kind::Request { method: requested, uri, .. } = &head.kind else { return None };
    if method.trim() != *requested {
        return bad("CSeq Of Another Method");
    }
    if !METHODS.contains(requested) {
        return Some(Refusal::new(405, "Method Not Allowed").with("Allow", METHODS.join(", ")));
    }
    let scheme = uri.split_once(':').map(|(scheme, _)| scheme);
    match scheme {
        Some(scheme) if scheme.eq_ignore_ascii_case("sip") || scheme.eq_ignore_ascii_case("tel") => {}
        Some(scheme) if !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b)) => {
            return Some(Refusal::new(416, "Unsupported URI Scheme"));
        }
        _ => return bad("Malformed Request-URI"),
    }
    // RFC 3261 §16.3: a request without Max-Forwards is taken as it is.
    match head.first("max-forwards").map(|hops| hops.trim().parse::<u8>()) {
        Some(Err(_)) => return bad("Malformed Max-Forwards"),
        // A call may go on to a seat as a call of ours, and this one may not go on: so loops end.
        Some(Ok(0)) if *requested == "INVITE" => return Some(Refusal::new(483, "Too Many Hops")),
        Some(Ok(_)) | None => {}
    }
    // RFC 3261 §8.2.2.3; no extension of ours changes what a request means, so none can be required.
    let required: Vec<&str> =
        head.all("require").flat_map(|value| value.split(',')).map(str::trim).filter(|option| !option.is_empty()).collect();
    if !required.is_empty() && !matches!(*requested, "ACK" | "CANCEL") {
        return Some(Refusal::new(420, "Bad Extension").with("Unsupported", required.join(", ")));
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SOURCE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 7)), 5070);

    fn look(datagram: &[u8]) -> Verdict<'_> {
        precheck(datagram, SOURCE, "bellhop/test")
    }

    fn invite() -> String {
        "INVITE sip:1000@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.7:5070;branch=z9hG4bK1;rport\r\nFrom: <sip:a@192.0.2.7>;tag=1\r\n\
         To: <sip:1000@192.0.2.1>\r\nCall-ID: 1@192.0.2.7\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContact: <sip:a@192.0.2.7:5070>\r\n\
         Content-Length: 0\r\n\r\n"
            .to_owned()
    }

    fn answer(datagram: &[u8]) -> String {
        match look(datagram) {
            Verdict::Answer(bytes) => String::from_utf8(bytes).expect("answers are text"),
            other => panic!("{other:?} for {}", String::from_utf8_lossy(datagram)),
        }
    }

    #[test]
    fn a_good_message_passes_as_it_came() {
        let good = invite();
        assert_eq!(look(good.as_bytes()), Verdict::Pass(Cow::Borrowed(good.as_bytes())));
        let ringing = good.replace("INVITE sip:1000@192.0.2.1 SIP/2.0", "SIP/2.0 180 Ringing");
        assert_eq!(look(ringing.as_bytes()), Verdict::Pass(Cow::Borrowed(ringing.as_bytes())));
        let compact = good
            .replace("Via:", "v:")
            .replace("From:", "f:")
            .replace("To:", "t:")
            .replace("Call-ID:", "i:")
            .replace("Content-Length:", "l:");
        assert!(matches!(look(compact.as_bytes()), Verdict::Pass(Cow::Borrowed(_))));
    }

    #[test]
    fn a_fault_is_answered_with_its_status() {
        let cases = [
            ("INVITE sip:1000@192.0.2.1 SIP/2.0", "INVITE sip:1000@192.0.2.1 SIP/3.0", "505 Version Not Supported"),
            ("INVITE sip:", "INVITE mailto:", "416 Unsupported URI Scheme"),
            ("INVITE sip:1000@192.0.2.1", "INVITE 1000", "400 Malformed Request-URI"),
            ("Max-Forwards: 70", "Max-Forwards: 0", "483 Too Many Hops"),
            ("Max-Forwards: 70", "Max-Forwards: many", "400 Malformed Max-Forwards"),
            ("Max-Forwards: 70", "Require: 100rel, chess", "420 Bad Extension"),
            ("CSeq: 1 INVITE", "CSeq: 1 BYE", "400 CSeq Of Another Method"),
            ("CSeq: 1 INVITE", "CSeq: 99999999999 INVITE", "400 Malformed CSeq"),
            ("CSeq: 1 INVITE", "CSeq: one", "400 Malformed CSeq"),
            ("Call-ID: 1@192.0.2.7\r\n", "", "400 Missing Call-ID"),
            ("Call-ID: 1@192.0.2.7\r\n", "Call-ID: 1\r\ni: 2\r\n", "400 Repeated Header"),
            ("To: <sip:1000@192.0.2.1>\r\n", "", "400 Missing To"),
            ("Content-Length: 0", "Content-Length: 9", "400 Wrong Content-Length"),
            ("Content-Length: 0", "Content-Length: -1", "400 Wrong Content-Length"),
            ("Content-Length: 0\r\n\r\n", "Content-Len", "400 Truncated Message"),
        ];
        for (from, to, status) in cases {
            let text = answer(invite().replace(from, to).as_bytes());
            assert!(text.starts_with(&format!("SIP/2.0 {status}\r\n")), "{to}: {text}");
            assert!(text.contains("\r\nVia: SIP/2.0/UDP 192.0.2.7:5070;branch=z9hG4bK1;rport=5070;received=192.0.2.7\r\n"), "{text}");
            assert!(text.ends_with("\r\nContent-Length: 0\r\n\r\n"), "{text}");
        }
    }

    #[test]
    fn an_answer_names_what_was_not_understood() {
        let text = answer(invite().replace("Max-Forwards: 70", "Require: 100rel, chess").as_bytes());
        assert!(text.contains("\r\nUnsupported: 100rel, chess\r\n"), "{text}");
        let text = answer(invite().replace("INVITE", "PLAY").as_bytes());
        assert!(text.starts_with("SIP/2.0 405 Method Not Allowed\r\n") && text.contains("\r\nAllow: INVITE, ACK,"), "{text}");
        let huge = invite().replace("Max-Forwards: 70", &format!("Subject: {}", "x".repeat(LONGEST_MESSAGE)));
        assert!(answer(huge.as_bytes()).starts_with("SIP/2.0 513 "));
    }

    #[test]
    fn the_same_request_gets_the_same_tag() {
        let faulty = invite().replace("Max-Forwards: 70", "Max-Forwards: 0");
        let tag = |text: &str| text.lines().find(|line| line.starts_with("To:")).map(str::to_owned);
        let first = tag(&answer(faulty.as_bytes()));
        assert!(first.as_ref().is_some_and(|to| to.contains(";tag=")), "{first:?}");
        assert_eq!(first, tag(&answer(faulty.as_bytes())));
        let within = faulty.replace("To: <sip:1000@192.0.2.1>", "To: <sip:1000@192.0.2.1>;tag=ours");
        assert_eq!(tag(&answer(within.as_bytes())).as_deref(), Some("To: <sip:1000@192.0.2.1>;tag=ours"));
    }

    #[test]
    fn what_cannot_be_answered_is_dropped() {
        let ack = invite().replace("INVITE", "ACK").replace("Call-ID: 1@192.0.2.7\r\n", "");
        let response = invite().replace("INVITE sip:1000@192.0.2.1 SIP/2.0", "SIP/2.0 200 OK").replace("CSeq: 1 INVITE\r\n", "");
        let lost = invite().replace("Via:", "Wia:");
        for (datagram, reason) in [
            ("\r\n", DropReason::Empty),
            ("hello", DropReason::NotSip),
            ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", DropReason::NotSip),
            ("\0\u{1}\u{2}", DropReason::NotSip),
            (&ack, DropReason::Unanswerable),
            (&response, DropReason::Unanswerable),
            (&lost, DropReason::Unanswerable),
        ] {
            assert_eq!(look(datagram.as_bytes()), Verdict::Drop(reason), "{datagram}");
        }
        assert_eq!(look(b"\r\n\r\n"), Verdict::Pong);
    }

    #[test]
    fn a_missing_length_is_added_and_a_longer_body_cut() {
        let body = "v=0\r\n";
        let without = invite().replace("Content-Length: 0\r\n", "") + body;
        let Verdict::Pass(passed) = look(without.as_bytes()) else { panic!("{without}") };
        assert!(String::from_utf8_lossy(&passed).ends_with("Content-Length: 5\r\n\r\nv=0\r\n"));
        let longer = invite() + "rubbish";
        assert_eq!(look(longer.as_bytes()), Verdict::Pass(Cow::Borrowed(invite().as_bytes())));
    }

    #[test]
    fn a_name_in_gbk_or_latin_becomes_utf_8() {
        for (bytes, name) in [(&b"\xd5\xc5\xc8\xfd"[..], "张三"), (&b"Andr\xe9 \xff"[..], "André ÿ")] {
            let (before, after) = invite().split_once("<sip:a@").map(|(a, b)| (a.to_owned(), b.to_owned())).expect("a From");
            let datagram = [before.as_bytes(), b"\"", bytes, b"\" <sip:a@", after.as_bytes()].concat();
            let Verdict::Pass(passed) = look(&datagram) else { panic!("{name}") };
            let passed = String::from_utf8(passed.into_owned()).expect("repaired");
            assert!(passed.contains(&format!("From: \"{name}\" <sip:a@192.0.2.7>;tag=1\r\n")), "{passed}");
        }
    }

    #[test]
    fn a_folded_header_is_unfolded() {
        let folded = invite().replace("Max-Forwards: 70", "Subject: two\r\n lines\r\nMax-Forwards:\r\n\t70");
        let Verdict::Pass(passed) = look(folded.as_bytes()) else { panic!("{folded}") };
        let passed = String::from_utf8_lossy(&passed).into_owned();
        assert!(passed.contains("Subject: two lines\r\nMax-Forwards: 70\r\n"), "{passed}");
    }

    proptest! {
        #[test]
        fn any_bytes_get_a_verdict(datagram in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = look(&datagram);
        }

        #[test]
        fn any_mutation_gets_a_verdict_and_what_passes_passes_again(at in 0..280_usize, with in any::<u8>(), cut in 0..400_usize) {
            let mut datagram = invite().into_bytes();
            if let Some(byte) = datagram.get_mut(at) {
                *byte = with;
            }
            datagram.truncate(cut);
            if let Verdict::Pass(passed) = look(&datagram) {
                prop_assert_eq!(look(&passed), Verdict::Pass(Cow::Borrowed(passed.as_ref())));
            }
        }
    }
}
