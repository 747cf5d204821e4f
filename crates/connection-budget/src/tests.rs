//! Tests of the engine under shuttle's thread schedules and under random events. Connections are numbers, and the
//! server is a thread for each login and close.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step fails the test")]

mod model;
mod schedules;
mod simulation;
