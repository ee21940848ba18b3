//! A bank: sessions, accounts, cards, disputes, appointments.

use std::collections::BTreeMap;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::{Shared, found};

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/sessions", post(identify))
        .route("/accounts/{number}", get(account))
        .route("/cards/{digits}/block", post(block))
        .route("/disputes", post(dispute))
        .route("/appointments", post(book))
        .route("/appointments/{branch}", get(free))
}

/// The passcode and the holder of an account.
fn holder(number: &str) -> Option<(&'static str, &'static str)> {
    match number {
        "20002000" => Some(("4321", "Ms Reed")),
        "30003000" => Some(("2468", "Mr Park")),
        _ => None,
    }
}

async fn identify(Json(body): Json<Value>) -> Response {
    let known = holder(body["account"].as_str().unwrap_or_default());
    found(known.filter(|(passcode, _)| body["passcode"] == *passcode).map(|(_, name)| json!({"name": name})))
}

async fn account(State(shared): State<Shared>, Path(number): Path<String>) -> Response {
    let last = json!({"to": "Green Grocers", "amount": 23.8, "on": shared.day(-1)});
    found(holder(&number).map(|(_, name)| match name {
        "Ms Reed" => json!({"name": name, "balance": 1520.75, "owed": 0, "last": last}),
        _ => json!({"name": name, "balance": -40, "owed": 40, "last": last}),
    }))
}

async fn block(State(shared): State<Shared>, Path(digits): Path<String>, Json(body): Json<Value>) -> Response {
    if !["4417", "9021", "1234"].contains(&digits.as_str()) {
        return found(None);
    }
    let number = shared.changed(&format!("blocked {digits}"), &body);
    found(Some(json!({"state": "blocked", "days": 5, "reference": format!("{:04}", 7300 + number)})))
}

async fn dispute(State(shared): State<Shared>, Json(body): Json<Value>) -> Response {
    let number = format!("D{:05}", shared.changed("dispute", &body));
    (StatusCode::CREATED, Json(json!({"number": number, "days": 10}))).into_response()
}

async fn free(Path(branch): Path<String>, Query(asked): Query<BTreeMap<String, String>>) -> Response {
    let adviser = match branch.as_str() {
        "central" => "Ms Lane",
        "riverside" => "Mr Okoro",
        "northgate" => "Ms Silva",
        _ => return found(None),
    };
    let day = asked.get("day").cloned().unwrap_or_default();
    found((!day.is_empty()).then(|| json!({"day": day, "at": "10:30", "adviser": adviser})))
}

async fn book(State(shared): State<Shared>, Json(body): Json<Value>) -> Response {
    shared.changed("appointment", &body);
    (StatusCode::CREATED, Json(json!({"booked": true}))).into_response()
}
