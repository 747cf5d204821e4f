//! Verification that tenants are isolated from each other.
//!
//! [`Doctor::examine`] reads the catalogs of both databases (the lint), then lets one tenant's login attack another's
//! rows (the probe). A [`Finding`] has a stable code, the risk, and the SQL that corrects it. A check that could not be
//! made is a finding too: the doctor fails closed. [`Examinations`] keeps the last report and decides whether tenants
//! may be served.

mod codes;
mod doctor;
mod examinations;
mod finding;
mod lint;
mod probe;
mod report;
mod report_draft;
mod report_log;
mod severity;
mod target;
mod tenant_logins;

pub use doctor::{Doctor, DoctorSettings};
pub use examinations::{Examination, Examinations};
pub use finding::Finding;
pub use probe::CONNECTIONS;
pub use report::{Probed, Report};
pub use severity::Severity;
pub use target::Target;
