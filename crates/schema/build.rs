//! Recompilation when a migration is added: they are compiled in, and cargo does not see new files by itself.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations/control");
    println!("cargo:rerun-if-changed=../../migrations/tenant");
}
