//! Memory of the limiters, by a counting allocator.

use std::num::NonZeroU32;

use allocation_counter::measure;
use tenant_limits::{Limiters, RequestLimits};
use uuid::Uuid;

const TENANTS: u64 = 100_000;
/// The most that is kept of a tenant.
const BYTES: u64 = 512;

#[test]
fn a_hundred_thousand_tenants_take_at_most_512_bytes_each() {
    let limits = RequestLimits {
        requests_per_second: NonZeroU32::new(1),
        burst: NonZeroU32::new(1_000_000),
        concurrent_requests: NonZeroU32::new(10),
        ..RequestLimits::default()
    };
    let mut limiters = None;
    let taken = measure(|| {
        let filled: Limiters = Limiters::default();
        for id in 0..TENANTS {
            assert!(filled.admit(Uuid::from_u128(id.into()), &limits, 1).is_ok());
        }
        limiters = Some(filled);
    });
    let limiters = limiters.unwrap();
    assert_eq!(limiters.len(), 100_000);
    let bytes = u64::try_from(taken.bytes_current).unwrap() / TENANTS;
    // The most at one time: a table that grows is there twice.
    let most = taken.bytes_max / TENANTS;
    println!("{bytes} bytes a tenant, {most} at the most");
    assert!(most <= BYTES, "{bytes} bytes a tenant, {most} at the most");

    // A decision for a tenant that has an entry allocates nothing.
    let decisions = measure(|| {
        for id in 0..1_000 {
            assert!(limiters.admit(Uuid::from_u128(id), &limits, 1).is_ok());
        }
    });
    assert_eq!(decisions.count_total, 0);
}
