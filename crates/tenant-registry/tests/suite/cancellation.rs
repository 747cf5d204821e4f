//! Cancellation at every await: the connection's next user is never in the cancelled transaction, and every
//! acknowledged commit persists.

use std::time::Duration;

use futures_util::TryStreamExt as _;
use tenant_registry::TenantId;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::support::{Db, INSERT, Setup, World, polled, within_long};

/// More polls than any of these futures needs; the tests also check that each completes.
const POLLS: usize = 300;

async fn insert(db: &Db, name: &str) -> Result<(), sqlx::Error> {
    sqlx::query(INSERT).bind(name).execute(db).await.map(drop)
}

async fn in_transaction(db: &Db, name: &str) -> Result<(), sqlx::Error> {
    let mut transaction = db.begin().await?;
    sqlx::query(INSERT).bind(name).execute(&mut transaction).await?;
    // A second statement adds an await to cancel at, and reads the first one's row.
    let mine = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM app.users WHERE name = $1")
        .bind(name)
        .fetch_one(&mut transaction)
        .await?;
    // More than one if an earlier attempt was cancelled while waiting for the response to COMMIT.
    assert!(mine >= 1);
    transaction.commit().await
}

async fn on_a_connection(db: &Db, name: &str) -> Result<(), sqlx::Error> {
    let mut connection = db.acquire().await?;
    let mut rows = sqlx::query("SELECT generate_series(1, 1000)").fetch(&mut connection);
    rows.try_next().await?;
    // The rest of the rows is left to the next statement.
    drop(rows);
    sqlx::query(INSERT).bind(name).execute(&mut connection).await?;
    Ok(())
}

/// Cancels a request at every await, each time followed by another one on the same, only connection. `anew`: uses a
/// new pool each time, so that login and preparation of statements are cancelled as well.
async fn cancelled_everywhere<R>(world: &World, tenant: TenantId, anew: bool, request: R)
where
    R: AsyncFn(&Db, &str) -> Result<(), sqlx::Error>,
{
    let mut db = world.db(tenant, Setup::connections(1)).await;
    for polls in 0..POLLS {
        if anew {
            db = world.db(tenant, Setup::connections(1)).await;
        }
        let request = polled(polls, request(&db, "cancelled"));
        let completed = within_long(request).await;
        let kept = format!("kept {polls:03}");
        within_long(insert(&db, &kept)).await.unwrap();
        let rows = world.committed(tenant).await;
        assert_eq!(
            rows.last(),
            Some(&kept),
            "acknowledged after {polls} polls, and lost"
        );
        if let Some(outcome) = completed {
            outcome.unwrap();
            let whole = rows.iter().filter(|name| *name == "cancelled").count();
            assert!(whole >= 1);
            assert_eq!(rows.len(), whole + polls + 1, "every acknowledged row is there");
            return;
        }
    }
    panic!("the request does not complete");
}

#[tokio::test]
async fn a_transaction_may_be_dropped_at_any_await() {
    let world = World::new().await;
    let tenant = world.tenant().await;
    cancelled_everywhere(&world, tenant, false, in_transaction).await;
}

#[tokio::test]
async fn a_transaction_may_be_dropped_at_any_await_of_the_login_too() {
    let world = World::new().await;
    let tenant = world.tenant().await;
    cancelled_everywhere(&world, tenant, true, in_transaction).await;
}

#[tokio::test]
async fn a_single_statement_may_be_dropped_at_any_await() {
    let world = World::new().await;
    let tenant = world.tenant().await;
    cancelled_everywhere(&world, tenant, true, insert).await;
}

#[tokio::test]
async fn a_borrowed_connection_may_be_dropped_at_any_await() {
    let world = World::new().await;
    let tenant = world.tenant().await;
    cancelled_everywhere(&world, tenant, false, on_a_connection).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_cancellations_cost_no_acknowledged_row() {
    let world = World::new().await;
    let tenant = world.tenant().await;
    let db = world.db(tenant, Setup::connections(3)).await;
    let mut cancellers = JoinSet::new();
    for task in 0..4_u64 {
        let db = db.clone();
        cancellers.spawn(async move {
            for number in 0..50 {
                // From before the BEGIN to after the COMMIT, in steps that the four tasks do not share.
                let soon = Duration::from_micros((task * 137 + number * 101) % 5_000);
                let _ = timeout(soon, in_transaction(&db, &format!("cancelled {task} {number}"))).await;
            }
        });
    }
    let mut writers = JoinSet::new();
    for task in 0..2 {
        let db = db.clone();
        writers.spawn(async move {
            let mut acknowledged = Vec::new();
            for number in 0..150 {
                let name = format!("kept {task} {number}");
                insert(&db, &name).await.unwrap();
                acknowledged.push(name);
            }
            acknowledged
        });
    }
    within_long(cancellers.join_all()).await;
    let acknowledged = within_long(writers.join_all()).await.concat();
    let rows = world.committed(tenant).await;
    for name in &acknowledged {
        assert!(
            rows.binary_search(name).is_ok(),
            "{name} was acknowledged and lost"
        );
    }
    assert_eq!(acknowledged.len(), 300);
}

#[tokio::test]
async fn a_connection_left_in_a_short_query_is_cleaned_and_used_again() {
    let world = World::new().await;
    let tenant = world.tenant().await;
    let db = world.db(tenant, Setup::connections(1)).await;
    let pid = "SELECT pg_backend_pid()";
    let before: i32 = sqlx::query_scalar(pid).fetch_one(&db).await.unwrap();
    let mut connection = db.acquire().await.unwrap();
    let query = sqlx::query("SELECT pg_sleep(0.2)").execute(&mut connection);
    assert!(timeout(Duration::from_millis(50), query).await.is_err());
    drop(connection);
    let after: i32 = within_long(sqlx::query_scalar(pid).fetch_one(&db)).await.unwrap();
    assert_eq!(before, after);
}

#[tokio::test]
async fn a_connection_left_in_a_long_query_is_closed_and_its_backend_ends() {
    let world = World::new().await;
    let tenant = world.tenant().await;
    let mut setup = Setup::connections(1);
    setup.pool.session.statement_timeout = Duration::from_mins(10);
    let db = world.db(tenant, setup).await;
    let mut transaction = db.begin().await.unwrap();
    sqlx::query(INSERT)
        .bind("lost")
        .execute(&mut transaction)
        .await
        .unwrap();
    let query = sqlx::query("SELECT pg_sleep(600)").execute(&mut transaction);
    assert!(timeout(Duration::from_millis(50), query).await.is_err());
    drop(transaction);
    within_long(insert(&db, "kept")).await.unwrap();
    assert_eq!(world.committed(tenant).await, ["kept"]);
    world.until_backends(tenant, 1).await;
}

#[test]
fn a_connection_may_be_dropped_where_there_is_no_runtime() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let (clean, unclean, world, tenant) = runtime.block_on(async {
        let world = World::new().await;
        let tenant = world.tenant().await;
        let db = world.db(tenant, Setup::connections(2)).await;
        let clean = db.acquire().await.unwrap();
        (clean, db.begin().await.unwrap(), world, tenant)
    });
    drop((clean, unclean));
    runtime.block_on(world.until_backends(tenant, 0));
}
