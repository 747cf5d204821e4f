//! The whole crate against the PostgreSQL that is installed here, and against scripts that pretend to be one.
//!
//! Everything runs as root and as an ordinary user. What needs root passes over itself otherwise.

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
mod helper;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod support;
