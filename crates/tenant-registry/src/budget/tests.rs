//! The engine under every schedule that shuttle can think of, and under random events. Connections are numbers here, and
//! the server is a thread for each login and each close.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step fails the test")]

mod fake;
mod model;
mod schedules;
