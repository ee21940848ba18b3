//! How many requests a source may send: a token bucket an address.

use std::collections::HashMap;
use std::net::IpAddr;

use crate::base::Mono;

/// Sources remembered at once; beyond it those with a full bucket are forgotten.
const MOST_SOURCES: usize = 4_096;

/// One token bucket a source address.
#[derive(Clone, Debug)]
pub struct RateLimit {
    per_second: f64,
    burst: f64,
    buckets: HashMap<IpAddr, Bucket>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: f64,
    at: Mono,
}

impl RateLimit {
    /// Lets each source send `per_second` requests a second, and twice as many at once; 0 for no limit.
    #[must_use]
    pub fn new(per_second: u32) -> Self {
        Self { per_second: f64::from(per_second), burst: f64::from(per_second) * 2.0, buckets: HashMap::new() }
    }

    /// Counts a request from `source` and says whether it may pass.
    pub fn admit(&mut self, now: Mono, source: IpAddr) -> bool {
        if self.per_second <= 0.0 {
            return true;
        }
        if self.buckets.len() >= MOST_SOURCES && !self.buckets.contains_key(&source) {
            let (per_second, burst) = (self.per_second, self.burst);
            self.buckets.retain(|_, bucket| bucket.filled(now, per_second, burst) < burst);
            if self.buckets.len() >= MOST_SOURCES {
                return false;
            }
        }
        let bucket = self.buckets.entry(source).or_insert(Bucket { tokens: self.burst, at: now });
        bucket.tokens = bucket.filled(now, self.per_second, self.burst);
        bucket.at = now;
        let admitted = bucket.tokens >= 1.0;
        if admitted {
            bucket.tokens -= 1.0;
        }
        admitted
    }
}

impl Bucket {
    fn filled(self, now: Mono, per_second: f64, burst: f64) -> f64 {
        (now.since(self.at).as_secs_f64().mul_add(per_second, self.tokens)).min(burst)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use super::*;

    fn source(number: u32) -> IpAddr {
        IpAddr::V4(Ipv4Addr::from(number))
    }

    #[test]
    fn a_source_gets_its_burst_then_its_rate_and_others_are_not_hurt() {
        let mut limit = RateLimit::new(10);
        let admitted =
            |limit: &mut RateLimit, at: Duration, who| (0..100).filter(|_| limit.admit(Mono::from_elapsed(at), source(who))).count();
        assert_eq!(admitted(&mut limit, Duration::ZERO, 1), 20);
        assert_eq!(admitted(&mut limit, Duration::from_millis(500), 1), 5);
        assert_eq!(admitted(&mut limit, Duration::from_millis(500), 2), 20);
        assert_eq!(admitted(&mut limit, Duration::from_mins(1), 1), 20);
        assert!((0..1000).all(|_| RateLimit::new(0).admit(Mono::ZERO, source(1))));
    }

    #[test]
    fn a_flood_of_forged_sources_is_bounded_in_memory_and_forgotten() {
        let mut limit = RateLimit::new(1);
        for number in 0..20_000 {
            limit.admit(Mono::ZERO, source(number));
        }
        assert!(limit.buckets.len() <= MOST_SOURCES);
        assert!(limit.admit(Mono::from_elapsed(Duration::from_secs(10)), source(99_999)));
    }
}
