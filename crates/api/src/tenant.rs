//! For which tenant a request is, and that tenant's database in the request's extensions.

mod extract;
mod identify;
mod layer;
mod refuse;

pub use extract::{Db, Transaction};
pub use layer::{ResolveTenant, ResolveTenantService};
