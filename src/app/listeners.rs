//! Who the hotlines tell of events: what the records write events for, and where they go.

use std::sync::Arc;

use tracing::warn;

use crate::exchange::Hotline;
use crate::sources::Endpoint;
use crate::store::Subscription;

/// Returns what each listener wants, and each address with its secret, once.
pub(super) fn of(hotlines: &[Arc<Hotline>]) -> (Vec<Subscription>, Vec<Endpoint>) {
    let (mut subscriptions, mut endpoints) = (Vec::new(), Vec::<Endpoint>::new());
    for hotline in hotlines {
        for listener in &hotline.plan.events {
            let Some(secret) = listener.secret.clone().filter(|_| !listener.url.is_empty()) else {
                warn!(
                    hotline = hotline.plan.name,
                    line = listener.place.line,
                    "a listener is told nothing: its address or secret is not set"
                );
                continue;
            };
            let name = shown(&listener.url);
            match endpoints.iter().find(|endpoint| endpoint.name == name) {
                Some(other) if other.secret != secret => {
                    warn!(
                        hotline = hotline.plan.name,
                        line = listener.place.line,
                        "another hotline tells the same address with another secret; that one signs"
                    );
                }
                Some(_) => {}
                None => endpoints.push(Endpoint { name: name.clone(), url: listener.url.clone(), secret }),
            }
            subscriptions.push(Subscription {
                endpoint: name,
                hotline: Some(hotline.plan.name.clone()),
                events: listener.only.iter().map(|event| event.as_str().to_owned()).collect(),
            });
        }
    }
    (subscriptions, endpoints)
}

/// An address without user, password and query, which may be secrets.
fn shown(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}/{path}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::dialplan::Dialplan;

    fn hotline(name: &str, events: &str) -> Arc<Hotline> {
        let yaml = format!("dialplan: 1\nname: {name}\nnumbers: [\"1\"]\nlanguage: zh\nprompts: {{welcome: 您好}}\nevents:\n{events}");
        let env = |name: &str| (name != "NONE").then(|| format!("value-of-{name}"));
        Arc::new(Hotline::new(Dialplan::load("plan.yaml", &yaml, &env).map_err(|found| format!("{found:?}")).unwrap(), BTreeMap::new()))
    }

    #[test]
    fn each_address_is_told_what_its_hotlines_say_and_shows_no_secret() {
        let (subscriptions, endpoints) = of(&[
            hotline(
                "优选",
                "  - {url: \"https://user:pass@crm.example/hook?key=1\", secret: \"${A}\", only: [call.ended, ticket.created]}\n",
            ),
            hotline(
                "电信",
                "  - {url: \"https://user:pass@crm.example/hook?key=1\", secret: \"${A}\"}\n  - {url: \"http://bi\", secret: \"${NONE}\"}\n",
            ),
        ]);
        assert_eq!(endpoints.len(), 1, "one of them has no secret");
        assert_eq!((endpoints[0].name.as_str(), endpoints[0].secret.reveal().as_str()), ("https://crm.example/hook", "value-of-A"));
        assert_eq!(subscriptions.len(), 2);
        assert_eq!(
            (subscriptions[0].hotline.as_deref(), subscriptions[0].events.join(" ")),
            (Some("优选"), "ticket.created call.ended".into())
        );
        assert!(subscriptions[1].events.is_empty());
    }
}
