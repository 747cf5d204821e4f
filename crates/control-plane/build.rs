//! The migrations are compiled in, and cargo sees a new file of theirs only if told to look.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations/control");
    println!("cargo:rerun-if-changed=../../migrations/tenant");
}
