//! The API's own description.

use axum::Json;
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};

use super::{calls, customers, hooks, outbox, promises, records, taps};

#[derive(OpenApi)]
#[openapi(
    info(title = "Bellhop", description = "Running calls, their records, and listening to them; customers; events to and from other systems"),
    paths(
        super::healthz,
        super::readyz,
        super::metrics,
        calls::running,
        calls::live,
        records::list,
        records::show,
        records::recording,
        customers::show,
        customers::put,
        customers::patch,
        customers::forget,
        hooks::customer,
        promises::tickets,
        promises::ticket,
        promises::change,
        promises::callbacks,
        promises::made,
        outbox::list,
        outbox::retry_all,
        outbox::retry,
        taps::listen,
        taps::stop
    ),
    modifiers(&Token)
)]
struct Api;

struct Token;

impl utoipa::Modify for Token {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
        openapi.components.get_or_insert_default().add_security_scheme("token", scheme);
    }
}

pub(super) async fn openapi() -> Json<utoipa::openapi::OpenApi> {
    Json(Api::openapi())
}
