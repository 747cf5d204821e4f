//! The `tenantry` command.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Serves more requests than glibc's allocator, and gives back what evicted tenants took.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    server::process::run()
}
