//! Bounds of sessions, tenants and all tenants together, with and without stuck sessions.

use std::time::Duration;

use uuid::Uuid;

use super::*;

const LOCK_TABLE: u64 = 6400;

fn bounds() -> Bounds {
    let settings = WatchdogSettings {
        interval: Duration::from_millis(20),
        session_lock_percent: 5,
        tenant_lock_percent: 15,
        tenant_login: String::new(),
        end_sessions: String::new(),
        limit_connections: None,
    };
    Bounds::of(LOCK_TABLE, &settings)
}

fn holding(tenant: u128, pid: i32, entries: u64) -> Holding {
    Holding {
        tenant: Uuid::from_u128(tenant).into(),
        pid,
        entries,
        shared_object: None,
        stuck: false,
    }
}

fn stuck(tenant: u128, pid: i32, entries: u64) -> Holding {
    Holding {
        stuck: true,
        ..holding(tenant, pid, entries)
    }
}

fn ended(holdings: &[Holding]) -> Vec<(i32, Reason)> {
    let violations = bounds().violations(holdings);
    violations
        .iter()
        .map(|violation| (violation.pid, violation.reason))
        .collect()
}

#[test]
fn a_session_may_hold_its_share_and_no_more() {
    assert_eq!(ended(&[holding(1, 1, 320), holding(2, 2, 320)]), []);
    assert_eq!(
        ended(&[holding(1, 1, 320), holding(2, 2, 321)]),
        [(2, Reason::SessionLocks)]
    );
}

#[test]
fn the_tenant_limit_bounds_the_sum_of_its_sessions() {
    // 88 of 300: three of them are within 960.
    let mut holdings: Vec<Holding> = (1..=88).map(|pid| holding(1, pid, 300)).collect();
    holdings.push(holding(2, 100, 300));
    let ended = ended(&holdings);
    assert_eq!(ended.len(), 85);
    assert!(
        ended
            .iter()
            .all(|(pid, reason)| *pid != 100 && *reason == Reason::TenantLocks)
    );
}

#[test]
fn one_session_beyond_its_bound_is_no_reason_to_end_the_others() {
    let mut holdings: Vec<Holding> = (1..=3).map(|pid| holding(1, pid, 300)).collect();
    holdings.push(holding(1, 4, 5000));
    assert_eq!(ended(&holdings), [(4, Reason::SessionLocks)]);
}

#[test]
fn all_tenants_together_leave_half_of_it() {
    let holdings: Vec<Holding> = (1..=12)
        .map(|pid: i32| holding(u128::from(pid.unsigned_abs()), pid, 300))
        .collect();
    assert_eq!(ended(&holdings), [(1, Reason::AllLocks), (2, Reason::AllLocks)]);
}

#[test]
fn locks_of_stuck_sessions_count_against_their_tenant() {
    let mut holdings = vec![
        stuck(1, 1, 500),
        stuck(1, 2, 400),
        holding(1, 3, 60),
        holding(2, 4, 300),
    ];
    assert_eq!(ended(&holdings), []);
    assert!(bounds().logins_to_close(&holdings).is_empty());
    holdings.push(holding(1, 5, 10));
    assert_eq!(ended(&holdings), [(3, Reason::TenantLocks)]);
    holdings.push(stuck(1, 6, 100));
    assert_eq!(
        ended(&holdings),
        [(3, Reason::TenantLocks), (5, Reason::TenantLocks)]
    );
    let closed = bounds().logins_to_close(&holdings);
    assert_eq!(closed, [(Uuid::from_u128(1).into(), 1000)].into());
}

#[test]
fn others_keep_half_of_what_stuck_sessions_leave() {
    // 5,000 of 6,400: others may hold 700 together.
    let mut holdings = vec![stuck(1, 1, 5000), holding(2, 2, 300), holding(3, 3, 300)];
    assert_eq!(ended(&holdings), []);
    holdings.push(holding(4, 4, 310));
    assert_eq!(ended(&holdings), [(4, Reason::AllLocks)]);
}

#[test]
fn a_lock_on_a_shared_object_is_reason_enough() {
    let mut waits = holding(1, 7, 1);
    waits.shared_object = Some("AccessExclusiveLock on pg_database, awaited".to_owned());
    let violations = bounds().violations(&[waits, holding(1, 8, 100)]);
    assert_eq!(violations.len(), 1);
    assert_eq!(
        (violations[0].pid, violations[0].reason),
        (7, Reason::SharedObject)
    );
    assert_eq!((violations[0].entries, violations[0].tenant_entries), (1, 101));
}

#[test]
fn before_the_size_is_known_no_session_is_ended() {
    assert_eq!(Bounds::default().violations(&[holding(1, 1, 9000)]), []);
}
