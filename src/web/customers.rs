//! Customers' records, as seats, other systems and people read and write them.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::{Shared, reply};
use crate::base::Pii;
use crate::store::{Customer, CustomerEdit, CustomerError, Rest, Who};

/// One customer's record.
#[utoipa::path(get, path = "/api/v1/customers/{who}", security(("token" = [])), params(("who" = String, Path, description = "A phone number, the record's id, or ref: and what the CRM calls the customer")), responses((status = 200, description = "id, ref, number (masked), name, tier, tags, crm, learned, notes, last_calls, revision (also as ETag), updated", body = Object), (status = 400, description = "No number, id or ref"), (status = 401, description = "No token"), (status = 404, description = "No such customer")))]
pub(super) async fn show(State(shared): State<Shared>, Path(who): Path<String>) -> Response {
    let Some(who) = read_who(&who) else { return nobody() };
    match shared.state.store.customer(&who).await {
        Ok(Some(customer)) => shown(&customer),
        Ok(None) => failure(&CustomerError::Unknown),
        Err(error) => failure(&error),
    }
}

/// Replaces a customer's record, making it where it is not there: what is not named is cleared, but for what calls learned and notes.
#[utoipa::path(put, path = "/api/v1/customers/{who}", security(("token" = [])), params(("who" = String, Path), ("If-Match" = Option<String>, Header, description = "The revision that is changed; another answers 412")), request_body(content = Object, description = "ref, name, tier, tags, crm, note"), responses((status = 200, description = "The record", body = Object), (status = 400, description = "Not such fields"), (status = 404, description = "No such customer, and no number to make one"), (status = 412, description = "Changed in between")))]
pub(super) async fn put(State(shared): State<Shared>, Path(who): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    edit(&shared, &who, &headers, &body, Rest::Goes).await
}

/// Changes fields of a customer's record, making it where it is not there; null clears a field, objects in `crm` merge (RFC 7396), `note` adds a note.
#[utoipa::path(patch, path = "/api/v1/customers/{who}", security(("token" = [])), params(("who" = String, Path), ("If-Match" = Option<String>, Header, description = "The revision that is changed; another answers 412")), request_body(content = Object, description = "ref, name, tier, tags, crm, note"), responses((status = 200, description = "The record", body = Object), (status = 400, description = "Not such fields"), (status = 404, description = "No such customer, and no number to make one"), (status = 412, description = "Changed in between")))]
pub(super) async fn patch(State(shared): State<Shared>, Path(who): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    edit(&shared, &who, &headers, &body, Rest::Stays).await
}

/// Forgets a customer: record, notes, and which calls were theirs. The calls' own records stay, masked as they are.
#[utoipa::path(delete, path = "/api/v1/customers/{who}", security(("token" = [])), params(("who" = String, Path)), responses((status = 204, description = "Forgotten"), (status = 404, description = "No such customer")))]
pub(super) async fn forget(State(shared): State<Shared>, Path(who): Path<String>) -> Response {
    let Some(who) = read_who(&who) else { return nobody() };
    match shared.state.store.forget_customer(&who).await {
        Ok(true) => StatusCode::NO_CONTENT.into_response(),
        Ok(false) => failure(&CustomerError::Unknown),
        Err(error) => failure(&error),
    }
}

async fn edit(shared: &Shared, who: &str, headers: &HeaderMap, body: &[u8], rest: Rest) -> Response {
    let Some(who) = read_who(who) else { return nobody() };
    let revision =
        match headers.get(header::IF_MATCH).map(|value| value.to_str().unwrap_or_default().trim().trim_matches('"').parse::<i64>()) {
            None => None,
            Some(Ok(revision)) => Some(revision),
            Some(Err(_)) => return reply::error(StatusCode::BAD_REQUEST, "If-Match is the revision, as \"3\""),
        };
    let edit = match object(body).and_then(|fields| CustomerEdit::read(&fields, rest)) {
        Ok(edit) => edit,
        Err(words) => return reply::error(StatusCode::BAD_REQUEST, &words),
    };
    match shared.state.store.edit_customer(&who, edit, "api", revision).await {
        Ok(customer) => shown(&customer),
        Err(error) => failure(&error),
    }
}

/// Reads a JSON object.
pub(super) fn object(body: &[u8]) -> Result<Map<String, Value>, String> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err("the body is a JSON object, as {\"tier\": \"gold\"}".to_owned()),
        Err(error) => Err(format!("the body is no JSON: line {} column {}", error.line(), error.column())),
    }
}

/// Reads whose record is meant: an id of 32 hex digits, `ref:…`, or a number.
pub(super) fn read_who(text: &str) -> Option<Who> {
    if let Some(reference) = text.strip_prefix("ref:") {
        return (!reference.is_empty()).then(|| Who::Reference(reference.to_owned()));
    }
    if text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Some(Who::Id(text.to_ascii_lowercase()));
    }
    let number = text.chars().all(|sign| sign.is_ascii_digit() || "+-() ".contains(sign));
    (number && text.len() <= 32 && text.chars().filter(char::is_ascii_digit).count() >= 3).then(|| Who::Number(Pii::new(text.to_owned())))
}

fn nobody() -> Response {
    reply::error(StatusCode::BAD_REQUEST, "name the customer by a phone number, the record's id, or ref: and what the CRM says")
}

fn shown(customer: &Customer) -> Response {
    ([(header::ETAG, format!("\"{}\"", customer.revision))], Json(customer)).into_response()
}

pub(super) fn failure(error: &CustomerError) -> Response {
    let status = match error {
        CustomerError::Unknown => StatusCode::NOT_FOUND,
        CustomerError::NoNumber => StatusCode::BAD_REQUEST,
        CustomerError::Conflict(revision) => {
            let words = json!({"error": error.to_string(), "revision": revision});
            return (StatusCode::PRECONDITION_FAILED, Json(words)).into_response();
        }
        CustomerError::Sealed | CustomerError::Database(_) => {
            tracing::error!(%error, "a customer's record cannot be read or written");
            return reply::error(StatusCode::INTERNAL_SERVER_ERROR, "the record cannot be read or written; the log says why");
        }
    };
    reply::error(status, &error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_is_named_by_number_id_or_reference() {
        let check = |text: &str, expected: Option<Who>| assert_eq!(read_who(text), expected, "{text}");
        check("13800001234", Some(Who::Number(Pii::new("13800001234".into()))));
        check("+86 138-0000-1234", Some(Who::Number(Pii::new("+86 138-0000-1234".into()))));
        check(&"0A".repeat(16), Some(Who::Id("0a".repeat(16))));
        check("ref:C-7", Some(Who::Reference("C-7".into())));
        for text in ["", "ref:", "12", "王芳", "'; DROP TABLE customers", &"1".repeat(33)] {
            check(text, None);
        }
    }
}
