//! Tests of the whole crate with the installed PostgreSQL, and with scripts in its checkout.
//!
//! They run as root and as an ordinary user. Tests that need root do nothing for an ordinary user.

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod adoption;
#[cfg(test)]
#[cfg(feature = "download")]
mod download;
#[cfg(test)]
mod ephemeral;
#[cfg(test)]
mod finding;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod subprocess;
#[cfg(test)]
mod support;
