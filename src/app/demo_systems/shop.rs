//! A mother-and-baby shop: orders, stock, members, gifts, returns.

use std::collections::BTreeMap;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::{Shared, found, merged};

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/orders/{number}", get(order).patch(change_order))
        .route("/orders/{number}/urge", post(urge))
        .route("/orders/{number}/insurance", get(insurance))
        .route("/orders/{number}/invoice", post(invoice))
        .route("/returns", post(return_goods))
        .route("/stock/notices", post(notice))
        .route("/stock/{product}", get(stock))
        .route("/members/{phone}", get(member))
        .route("/members/{phone}/gifts", post(choose_gift))
        .route("/gifts", get(gift))
}

fn find(shared: &Shared, number: &str) -> Option<Value> {
    let order = match number {
        "12345678" => json!({"state": "shipped", "eta": shared.day(2), "item": "婴儿奶粉", "place": "杭州转运中心", "insured": true}),
        "20261111" => json!({"state": "packed", "eta": shared.day(4), "item": "纸尿裤", "place": "仓库", "insured": true}),
        "87654320" => json!({"state": "delivered", "eta": shared.day(-3), "item": "婴儿车", "place": "您家门口", "insured": false}),
        "30303030" => json!({"state": "stuck", "eta": shared.day(3), "item": "奶瓶", "place": "武汉分拨中心", "insured": false}),
        _ => return None,
    };
    let mut order = merged(&order, &json!({"number": number}));
    if let Some(changed) = shared.last(&format!("order {number}")) {
        order = merged(&order, &changed);
    }
    let text = match order["state"].as_str() {
        Some("shipped") => "已发货",
        Some("packed") => "正在打包",
        Some("delivered") => "已签收",
        Some("cancelled") => "已取消",
        _ => "停在路上",
    };
    Some(merged(&order, &json!({"state_text": text})))
}

async fn order(State(shared): State<Shared>, Path(number): Path<String>) -> Response {
    found(find(&shared, &number))
}

async fn change_order(State(shared): State<Shared>, Path(number): Path<String>, Json(body): Json<Value>) -> Response {
    if find(&shared, &number).is_some() {
        shared.changed(&format!("order {number}"), &body);
    }
    found(find(&shared, &number))
}

async fn urge(State(shared): State<Shared>, Path(number): Path<String>, Json(body): Json<Value>) -> Response {
    let order = find(&shared, &number);
    if order.is_some() {
        shared.changed(&format!("urged {number}"), &body);
    }
    found(order.map(|_| json!({"urged": true})))
}

async fn insurance(State(shared): State<Shared>, Path(number): Path<String>) -> Response {
    found(find(&shared, &number).map(|order| json!({"covered": order["insured"], "most": 12})))
}

async fn invoice(State(shared): State<Shared>, Path(number): Path<String>, Json(body): Json<Value>) -> Response {
    let order = find(&shared, &number);
    if order.is_some() {
        shared.changed(&format!("invoice {number}"), &body);
    }
    found(order.map(|_| json!({"link": format!("https://youxuan.example/i/{number}")})))
}

async fn return_goods(State(shared): State<Shared>, Json(body): Json<Value>) -> Response {
    let order = find(&shared, body["order"].as_str().unwrap_or_default());
    if order.is_none() {
        return found(None);
    }
    let number = format!("R{:06}", shared.changed("return", &body));
    let link = format!("https://youxuan.example/r/{number}");
    (StatusCode::CREATED, Json(json!({"number": number, "photo_link": link}))).into_response()
}

async fn stock(State(shared): State<Shared>, Path(product): Path<String>, Query(asked): Query<BTreeMap<String, String>>) -> Response {
    let stage = asked.get("stage").map_or("", String::as_str);
    let (name, count) = match (product.as_str(), stage) {
        ("奶粉", "三段") => ("三段奶粉".to_owned(), 0),
        ("奶粉", "") => ("奶粉".to_owned(), 36),
        ("奶粉", stage) => (format!("{stage}奶粉"), 42),
        ("婴儿车", _) => ("婴儿车".to_owned(), 0),
        ("纸尿裤", _) => ("纸尿裤".to_owned(), 310),
        ("奶瓶" | "辅食" | "衣服", _) => (product.clone(), 58),
        _ => return found(None),
    };
    found(Some(json!({"name": name, "count": count, "arrives": shared.day(6)})))
}

async fn notice(State(shared): State<Shared>, Json(body): Json<Value>) -> Response {
    shared.changed("notice", &body);
    (StatusCode::CREATED, Json(json!({"kept": true}))).into_response()
}

fn points_of(shared: &Shared, phone: &str) -> Option<i64> {
    let began = match phone {
        "13800000000" => 2680,
        "13800000001" => 320,
        "13800000003" => 60,
        _ => return None,
    };
    Some(shared.last(&format!("points {phone}")).and_then(|left| left["points"].as_i64()).unwrap_or(began))
}

async fn member(State(shared): State<Shared>, Path(phone): Path<String>) -> Response {
    let (tier, tier_text) = if phone == "13800000000" { ("gold", "金卡会员") } else { ("plain", "普通会员") };
    found(points_of(&shared, &phone).map(|points| json!({"tier": tier, "tier_text": tier_text, "points": points})))
}

/// The dearest gift that the points are enough for and that is in stock.
async fn gift(Query(asked): Query<BTreeMap<String, String>>) -> Response {
    let points: i64 = asked.get("points").and_then(|points| points.parse().ok()).unwrap_or(0);
    let gifts = [
        ("G1", "保温杯", "a thermos cup", 2500, 0),
        ("G2", "玻璃奶瓶套装", "a set of glass bottles", 2000, 14),
        ("G3", "婴儿湿巾", "a box of wipes", 300, 260),
    ];
    let best = gifts.iter().find(|(.., price, count)| *price <= points && *count > 0);
    found(
        best.map(|(id, name, name_en, price, count)| json!({"id": id, "name": name, "name_en": name_en, "points": price, "count": count})),
    )
}

async fn choose_gift(State(shared): State<Shared>, Path(phone): Path<String>, Json(body): Json<Value>) -> Response {
    let Some(points) = points_of(&shared, &phone) else { return found(None) };
    let price = body["points"].as_i64().or_else(|| body["points"].as_str()?.parse().ok()).unwrap_or(0);
    if price <= 0 || price > points {
        return (StatusCode::CONFLICT, Json(json!({"error": "not enough points"}))).into_response();
    }
    let left = json!({"points": points - price});
    shared.changed(&format!("points {phone}"), &left);
    (StatusCode::CREATED, Json(left)).into_response()
}
