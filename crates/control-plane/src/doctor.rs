//! The isolation verifier: does what keeps tenants apart stand as the migrations left it?
//!
//! [`Doctor::examine`] reads the catalogs of every database in use (the lint), then has one tenant's login attack
//! another's marked rows (the probe). What it finds comes with a stable code, what it lets happen, and the SQL that
//! closes it. It fails closed: what cannot be asked is a [`Finding`] itself, never a silent "all well".
//! [`Examinations`] keeps the last report and says whether tenants may be served.

mod examine;
mod finding;
mod lint;
mod logins;
mod probe;
mod report;
mod rules;
mod standing;

pub use examine::{Doctor, DoctorSettings, Patient};
pub use finding::{Finding, Severity};
pub use probe::{CONNECTIONS, is_probe};
pub use report::{Probed, Report};
pub use standing::{Examination, Examinations};
