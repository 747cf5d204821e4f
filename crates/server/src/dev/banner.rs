//! What a newcomer reads when the service is up.

use std::path::Path;

use super::{DemoTenant, RunFile};

/// Prints the addresses, the demo tenants, the admin token's file and three lines to paste.
#[expect(
    clippy::print_stdout,
    reason = "this is for the person at the terminal, and no log"
)]
pub fn print(addresses: &RunFile, token_file: &Path, tenants: &[DemoTenant]) {
    let (tenant_port, admin_port) = (addresses.tenant_plane.port(), addresses.admin_plane.port());
    let token_file = token_file.display();
    println!();
    println!("  Tenantry is up (dev profile).");
    println!();
    println!("  tenant plane   http://localhost:{tenant_port}");
    println!("  admin plane    http://localhost:{admin_port}   token in {token_file}");
    for DemoTenant { name, id } in tenants {
        println!("  tenant         {id}   {name}");
    }
    if let [first, .., last] = tenants {
        let users = format!("localhost:{tenant_port}/v1/internal/users");
        println!();
        println!("  Try it:");
        println!();
        println!("curl {users} -H \"x-tenant-id: {}\"", first.id);
        println!(
            "curl -X POST {users} -H \"x-tenant-id: {}\" -H \"content-type: application/json\" -d '{{\"name\":\"Ada Lovelace\"}}'",
            last.id
        );
        println!(
            "curl localhost:{admin_port}/admin/v1/tenants -H \"authorization: Bearer $(cat {token_file})\""
        );
    }
    println!();
}
