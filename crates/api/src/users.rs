//! Users: the first resource, and the pattern for the next.

mod change;
mod create;
mod list;
mod remove;
mod show;

use axum::routing::get;
use pg_timestamp::Timestamp;
use serde::Serialize;
use uuid::Uuid;
use web::read::Text;

use crate::plane::Route;

/// A user of a tenant.
#[derive(Debug, Serialize, sqlx::FromRow)]
struct User {
    id: Uuid,
    name: String,
    confirmed: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
}

const COLLECTION: &str = "/users";
const MEMBER: &str = "/users/{id}";

/// The routes of users.
pub fn routes() -> Vec<Route> {
    vec![
        (COLLECTION, get(list::list).post(create::create)),
        (
            MEMBER,
            get(show::show).patch(change::change).delete(remove::remove),
        ),
    ]
}

/// The name of a user.
type Name = Text<1, 200>;
