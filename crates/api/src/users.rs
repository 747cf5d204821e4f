//! Users: the first resource, and the pattern for the next.

mod change;
mod create;
mod list;
mod remove;
mod replace;
mod show;
mod version;

use pg_timestamp::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use web::extract::{IDEMPOTENCY_REPLAYED, PREFERENCE_APPLIED};
use web::operation;
use web::read::Text;

use crate::codes::{IDEMPOTENCY_IN_PROGRESS, IDEMPOTENCY_KEY_REUSED};
use crate::plane::Route;

/// A user of a tenant.
#[derive(Debug, Serialize, sqlx::FromRow, ToSchema)]
#[schema(example = json!({
    "id": "5361cd94-4e80-4e90-a97a-6e3479065fb3",
    "name": "Ada Lovelace",
    "confirmed": false,
    "created_at": "2026-11-30T16:02:55.573939Z",
    "updated_at": "2026-11-30T16:02:55.573939Z",
}))]
struct User {
    id: Uuid,
    /// As it was given, in any Unicode form.
    name: String,
    confirmed: bool,
    #[schema(value_type = web::openapi::Moment)]
    created_at: Timestamp,
    #[schema(value_type = web::openapi::Moment)]
    updated_at: Timestamp,
}

const COLLECTION: &str = "/users";
const MEMBER: &str = "/users/{id}";

/// The routes of users.
pub fn routes() -> Vec<Route> {
    vec![
        operation!(list::list),
        applies_preference(operation!(
            create::create,
            [IDEMPOTENCY_IN_PROGRESS, IDEMPOTENCY_KEY_REUSED]
        ))
        .answers_with(
            IDEMPOTENCY_REPLAYED.as_str(),
            "`true` if the answer is that of an earlier request with the same `Idempotency-Key`.",
        ),
        operation!(show::show),
        applies_preference(operation!(replace::replace)),
        applies_preference(operation!(change::change)),
        operation!(remove::remove),
    ]
}

fn applies_preference(route: Route) -> Route {
    route.answers_with(
        PREFERENCE_APPLIED.as_str(),
        "The preference that had an effect. With `return=minimal` there is no body.",
    )
}

/// The name of a user.
type Name = Text<1, 200>;
