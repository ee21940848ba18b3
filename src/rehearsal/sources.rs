//! The faked business systems.

use std::time::Duration;

use super::Fake;
use crate::dialplan::Method;
use crate::ivr::{LookupOutcome, LookupRequest};

/// Returns what is answered and when; `None` is never.
pub(super) fn answer(fakes: &[Fake], request: &LookupRequest) -> Option<(Duration, LookupOutcome)> {
    let line = describe(request);
    let fits = |fake: &&Fake| {
        fake.source == request.source && fake.request.strip_suffix('*').map_or(fake.request == line, |begin| line.starts_with(begin))
    };
    match fakes.iter().find(fits) {
        Some(fake) => Some((fake.after, fake.outcome.clone()?)),
        None => Some((Duration::ZERO, LookupOutcome::Failed(format!("nothing fakes {line}")))),
    }
}

/// Writes a request as scripts do.
pub(super) fn describe(request: &LookupRequest) -> String {
    let method = match request.method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Patch => "PATCH",
    };
    format!("{method} {}", request.path)
}
