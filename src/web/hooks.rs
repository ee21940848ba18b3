//! Signed requests from other systems: a system pushes what changed of a customer. The signature is the key; no token is asked for.

use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::{Shared, customers, reply};
use crate::base::Pii;
use crate::sources::{SIGNATURE_HEADER, verify};
use crate::store::{CustomerEdit, Rest, Who};

/// How far a signature's time may be from now.
const WINDOW: Duration = Duration::from_mins(5);
/// How long a request that was taken is remembered: a sender that heard no answer may try for a day.
const REMEMBERED: Duration = Duration::from_hours(24);

/// Takes what changed of a customer, as a CloudEvent or as its data alone. The same one again changes nothing.
#[utoipa::path(post, path = "/hooks/customers", params(("Bellhop-Signature" = String, Header, description = "t=<seconds>,v1=<hex HMAC-SHA256 of \"t.body\"> with BELLHOP_HOOK_SECRET")), request_body(content = Object, description = "number, ref or id; and what changed: ref, name, tier, tags, crm, note. Or a CloudEvent customer.updated with that as data"), responses((status = 200, description = "customer (the record's id), revision, again (true: taken before)"), (status = 400, description = "Not such fields"), (status = 401, description = "Signature missing, wrong, or too far from now"), (status = 404, description = "No such customer, and no number to make one; or no secret is set")))]
pub(super) async fn customer(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let Some(secret) = shared.state.hook_secret.as_ref().filter(|secret| !secret.reveal().is_empty()) else {
        return reply::error(StatusCode::NOT_FOUND, "no secret is set: start Bellhop with BELLHOP_HOOK_SECRET");
    };
    let signature = headers.get(SIGNATURE_HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if let Err(error) = verify(secret, signature, &body, shared.state.clock.wall(), WINDOW) {
        metrics::counter!("bellhop_hooks_total", "outcome" => "refused").increment(1);
        return reply::error(StatusCode::UNAUTHORIZED, &error.to_string());
    }
    let push = match customers::object(&body).and_then(|fields| read(fields, signature)) {
        Ok(push) => push,
        Err(words) => return reply::error(StatusCode::BAD_REQUEST, &words),
    };
    match shared.state.store.take_once(&push.id, REMEMBERED).await {
        Ok(true) => {}
        Ok(false) => return Json(json!({"again": true})).into_response(),
        Err(error) => {
            tracing::error!(%error, "a webhook cannot be taken");
            return reply::error(StatusCode::INTERNAL_SERVER_ERROR, "it cannot be written down; the log says why");
        }
    }
    metrics::counter!("bellhop_hooks_total", "outcome" => "taken").increment(1);
    match shared.state.store.edit_customer(&push.who, push.edit, "hook", None).await {
        Ok(customer) => Json(json!({"customer": customer.id, "revision": customer.revision, "again": false})).into_response(),
        Err(error) => {
            if let Err(error) = shared.state.store.untake(&push.id).await {
                tracing::error!(%error, "a webhook that failed cannot be tried again");
            }
            customers::failure(&error)
        }
    }
}

struct Push {
    /// What makes it the same as one taken before.
    id: String,
    who: Who,
    edit: CustomerEdit,
}

fn read(mut fields: Map<String, Value>, signature: &str) -> Result<Push, String> {
    let mut id = format!("signature {signature}");
    if fields.contains_key("specversion") {
        let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
        if !text("specversion").starts_with("1.") || text("id").is_empty() {
            return Err("a CloudEvent has specversion 1.0 and an id".to_owned());
        }
        if text("type") != "customer.updated" {
            return Err(format!("the type {:?} is not taken; customer.updated is", text("type")));
        }
        id = format!("event {} {}", text("source"), text("id"));
        fields = match fields.remove("data") {
            Some(Value::Object(data)) => data,
            _ => return Err("the event's data is a JSON object".to_owned()),
        };
    }
    if id.len() > 500 {
        return Err("the event's source and id are too long".to_owned());
    }
    let text = |value: Option<Value>, name: &str| match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("{name} is a text")),
    };
    let number = text(fields.remove("number"), "number")?;
    let own = text(fields.remove("id"), "id")?;
    let reference = text(fields.get("ref").cloned(), "ref")?;
    let who = match (number, own, reference) {
        (Some(number), ..) => Who::Number(Pii::new(number)),
        (None, Some(id), _) => Who::Id(id),
        (None, None, Some(reference)) => Who::Reference(reference),
        (None, None, None) => return Err("name the customer by number, ref or id".to_owned()),
    };
    Ok(Push { id, who, edit: CustomerEdit::read(&fields, Rest::Stays)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(value: &Value) -> Result<Push, String> {
        read(value.as_object().unwrap().clone(), "t=1,v1=ab")
    }

    #[test]
    fn a_push_is_an_event_or_its_data_alone() {
        let plain = push(&json!({"number": "13800001234", "ref": "C-7", "tier": "gold"})).unwrap();
        assert_eq!((plain.id.as_str(), plain.who), ("signature t=1,v1=ab", Who::Number(Pii::new("13800001234".into()))));
        let data = json!({"ref": "C-7", "tier": "gold"});
        let event = push(&json!({"specversion": "1.0", "id": "e1", "source": "/crm", "type": "customer.updated", "data": data})).unwrap();
        assert_eq!((event.id.as_str(), event.who), ("event /crm e1", Who::Reference("C-7".into())));
    }

    #[test]
    fn what_is_no_push_is_refused_in_words() {
        for (value, part) in [
            (json!({"tier": "gold"}), "number, ref or id"),
            (json!({"number": 138}), "number is a text"),
            (json!({"number": "138", "points": 5}), "\"points\" is not known"),
            (json!({"specversion": "0.3", "id": "1", "type": "customer.updated", "data": {}}), "specversion 1.0"),
            (json!({"specversion": "1.0", "id": "1", "type": "order.paid", "data": {}}), "order.paid"),
            (json!({"specversion": "1.0", "id": "1", "type": "customer.updated", "data": []}), "data is a JSON object"),
            (json!({"specversion": "1.0", "id": "x".repeat(600), "type": "customer.updated", "data": {}}), "too long"),
        ] {
            let words = push(&value).map(|push| push.id).unwrap_err();
            assert!(words.contains(part), "{words}");
        }
    }
}
