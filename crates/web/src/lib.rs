//! Common parts of the HTTP planes: listener, middleware, errors, reading of input and paging.
//!
//! It knows nothing of tenants, databases or configuration files. A plane builds its [`axum::Router`], wraps it in a
//! [`stack`] and hands that to [`serve`]; its handlers read [`Json`] and [`Query`], page with [`Page`], and fail with a
//! [`Problem`], which is the only error that reaches a client.
//!
//! | module | what it is for |
//! |---|---|
//! | [`error`] | error codes, shared and of a plane, and the RFC 9457 problem that carries one |
//! | [`read`] | typed requests: every wrong field of a body or a query, in one answer |
//! | [`extract`] | extractors of bodies, queries, ids in paths and preconditions |
//! | [`mod@etag`] | entity tags in responses |
//! | [`page`] | limits, keyset cursors, pages |
//! | [`middleware`] | the layers around all routes |
//! | [`listen`] | the listener and its limits |
//! | [`openapi`] | the description of a plane, from its routes |
//! | [`reference`](mod@reference) | that description as routes, and its interactive page |

mod accept_encoding;
pub mod error;
pub mod etag;
pub mod extract;
pub mod listen;
pub mod middleware;
pub mod openapi;
pub mod page;
pub mod read;
pub mod reference;

pub use error::{Code, FieldError, Problem};
pub use extract::{Json, NoBody, NoQuery, Patch, PathId, Query};
pub use listen::{Peer, serve};
pub use middleware::{Stack, StackSettings, stack};
pub use page::Page;
