//! An operator: accounts, bills, data, outages, repairs.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::{Shared, found, merged};

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/accounts/{phone}", get(account).patch(change))
        .route("/accounts/{phone}/bill", get(bill))
        .route("/accounts/{phone}/usage", get(usage))
        .route("/accounts/{phone}/suspend", post(suspend))
        .route("/outages/{area}", get(outage))
        .route("/repairs", post(repair))
}

fn find(shared: &Shared, phone: &str) -> Option<Value> {
    let account = match phone {
        "13800000000" => json!({"balance": 86.4, "owed": "0", "plan": "轻享", "state": "active", "age": 41, "tier": "gold"}),
        "13800000001" => json!({"balance": 12, "owed": "0", "plan": "畅享", "state": "active", "age": 72, "tier": "plain"}),
        "13800000002" => json!({"balance": -18.5, "owed": "18.50", "plan": "全家", "state": "owing", "age": 35, "tier": "plain"}),
        _ => return None,
    };
    let mut account = merged(&account, &json!({"phone": phone}));
    for what in ["plan", "suspended"] {
        if let Some(changed) = shared.last(&format!("{what} {phone}")) {
            account = merged(&account, &changed);
        }
    }
    Some(account)
}

async fn account(State(shared): State<Shared>, Path(phone): Path<String>) -> Response {
    found(find(&shared, &phone))
}

async fn change(State(shared): State<Shared>, Path(phone): Path<String>, Json(body): Json<Value>) -> Response {
    if find(&shared, &phone).is_some() {
        shared.changed(&format!("plan {phone}"), &json!({"next_plan": body["plan"]}));
    }
    found(find(&shared, &phone))
}

async fn bill(State(shared): State<Shared>, Path(phone): Path<String>) -> Response {
    let bill = find(&shared, &phone).map(|account| match account["plan"].as_str() {
        Some("畅享") => json!({"total": 59, "plan_fee": 59, "extra": 0, "extra_name": ""}),
        Some("全家") => json!({"total": 147.5, "plan_fee": 129, "extra": 18.5, "extra_name": "国际漫游费"}),
        _ => json!({"total": 59, "plan_fee": 39, "extra": 20, "extra_name": "视频彩铃"}),
    });
    found(bill)
}

async fn usage(State(shared): State<Shared>, Path(phone): Path<String>) -> Response {
    let carried = if phone == "13800000000" { 3 } else { 0 };
    found(find(&shared, &phone).map(|_| json!({"data_left": 11, "carried": carried, "minutes_left": 240})))
}

/// Suspends an account whose password is right; a wrong one finds nothing.
async fn suspend(State(shared): State<Shared>, Path(phone): Path<String>, Json(body): Json<Value>) -> Response {
    if find(&shared, &phone).is_none() || body["password"] != "123456" {
        return found(None);
    }
    let state = json!({"state": "suspended"});
    shared.changed(&format!("suspended {phone}"), &state);
    found(Some(state))
}

#[derive(serde::Deserialize)]
struct Asked {
    #[serde(default)]
    what: String,
}

async fn outage(Path(area): Path<String>, Query(asked): Query<Asked>) -> Response {
    let until = match (area.as_str(), asked.what.as_str()) {
        ("江北区", "宽带") => "今天晚上八点",
        ("高新区", "手机信号") => "明天上午",
        _ => return found(None),
    };
    found(Some(json!({"area": area, "what": asked.what, "until": until})))
}

async fn repair(State(shared): State<Shared>, Json(body): Json<Value>) -> Response {
    let number = format!("W{:06}", shared.changed("repair", &body));
    (StatusCode::CREATED, Json(json!({"number": number, "day": body["day"]}))).into_response()
}
