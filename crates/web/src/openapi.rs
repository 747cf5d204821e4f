//! OpenAPI 3.1 documents, from the same declarations as the routes.
//!
//! [`operation!`](crate::operation) takes a handler with `#[utoipa::path]` and makes an [`Operation`]: its route and its
//! description. What an operation takes, and the errors that follow from that, is read from the types of the handler's
//! parameters by [`Input`]; the attribute says the rest: method, path, id and successful responses. Errors of the
//! handler's own are listed behind it.
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use utoipa::ToSchema;
//! use web::openapi::{Document, Operation};
//! use web::{Code, Json, NoQuery, Problem, read::Text};
//!
//! struct Shop;
//!
//! /// A new order.
//! #[derive(Deserialize, ToSchema)]
//! struct NewOrder {
//!     goods: Text<1, 40>,
//! }
//!
//! #[derive(Serialize, ToSchema)]
//! struct Order {
//!     number: u32,
//! }
//!
//! /// Places an order.
//! #[utoipa::path(post, path = "/orders", operation_id = "placeOrder", responses((status = 200, body = Order)))]
//! async fn place(_: NoQuery, Json(new): Json<NewOrder>) -> Result<Json<Order>, Problem> {
//!     match new.goods.as_str() {
//!         "nothing" => Err(Code::Conflict.into()),
//!         _ => Ok(Json(Order { number: 1 })),
//!     }
//! }
//!
//! let place: Operation<Shop> = web::operation!(place, [Code::Conflict]);
//! let mut document = Document::new("Shop", "1.0", "Orders goods.");
//! let (description, methods) = place.split();
//! document.add(description);
//! let _: axum::Router = axum::Router::new().route("/orders", methods);
//!
//! let document = document.finish();
//! let responses = &document["paths"]["/orders"]["post"]["responses"];
//! assert_eq!(responses["409"]["$ref"], "#/components/responses/CONFLICT");
//! assert_eq!(document["components"]["schemas"]["NewOrder"]["properties"]["goods"]["maxLength"], 40);
//! ```

mod document;
mod errors;
mod input;
mod inputs;
mod operation;
mod schemas;

pub use utoipa_axum::routes;

pub use document::Document;
pub use input::{HandlerInputs, Input, Inputs};
pub use operation::{Description, Operation};
pub use schemas::{Moment, name_schema, nullable, one_of, or_null};
