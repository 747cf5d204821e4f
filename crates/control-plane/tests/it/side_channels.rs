//! Side channels around row level security that `tests/attacks` does not cover.

use sqlx::AssertSqlSafe;

use crate::support::{TwoTenants, one, run};

/// With statistics, the estimate for another tenant's frequent value would differ from that for an unused value, and the
/// number of another tenant's rows would be visible.
#[tokio::test]
async fn estimates_disclose_nothing_about_others() {
    let fixture = TwoTenants::new().await;
    let mut victim = fixture.session(fixture.b).await;
    run(
        &mut victim,
        "INSERT INTO app.users (name) SELECT CASE WHEN n % 2 = 0 THEN 'secret' ELSE 'name ' || n END
         FROM generate_series(1, 4000) AS n",
    )
    .await
    .unwrap();
    run(&mut fixture.superuser().await, "ANALYZE app.users")
        .await
        .unwrap();

    let (a, b, unknown_tenant) = (fixture.a, fixture.b, testkit::unknown_tenant());
    for (real, other) in [
        ("name = 'secret'".to_owned(), "name = 'missing'".to_owned()),
        (
            format!("tenant_id = '{b}'"),
            format!("tenant_id = '{unknown_tenant}'"),
        ),
        (
            format!("tenant_id = '{b}' AND name = 'secret'"),
            format!("tenant_id = '{b}' AND name = 'missing'"),
        ),
        (
            "created_at > now() - interval '1 hour'".to_owned(),
            "created_at > now() - interval '9 days'".to_owned(),
        ),
        ("name < 'name 5'".to_owned(), "name < 'z'".to_owned()),
        ("confirmed".to_owned(), "NOT confirmed".to_owned()),
        (
            format!("tenant_id = '{a}'"),
            format!("tenant_id = '{unknown_tenant}'"),
        ),
    ] {
        let estimate = async |condition: &str| {
            let sql = format!("EXPLAIN SELECT FROM app.users WHERE {condition}");
            let plan: String = one(&mut fixture.session(fixture.a).await, &sql).await;
            // The total costs and rows.
            plan.split_once("(cost=").unwrap().1.to_owned()
        };
        assert_eq!(estimate(&real).await, estimate(&other).await, "{real}");
    }
}

/// A parallel worker is another process, and must have the same identity.
#[tokio::test]
async fn parallel_workers_see_own_rows_only() {
    let fixture = TwoTenants::new().await;
    let fill = "INSERT INTO app.users (name) SELECT 'n' FROM generate_series(1, 5000)";
    for tenant in [fixture.a, fixture.b] {
        run(&mut fixture.session(tenant).await, fill).await.unwrap();
    }
    let mut session = fixture.session(fixture.a).await;
    run(
        &mut session,
        "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
         SET min_parallel_index_scan_size = 0; SET max_parallel_workers_per_gather = 2;
         SET parallel_leader_participation = off; SET enable_indexscan = off; SET enable_indexonlyscan = off;
         SET enable_bitmapscan = off",
    )
    .await
    .unwrap();
    let query = "SELECT count(*) FROM app.users WHERE length(name) > 0";
    let plan: Vec<String> = sqlx::query_scalar(AssertSqlSafe(format!("EXPLAIN {query}")))
        .fetch_all(&mut session)
        .await
        .unwrap();
    assert!(
        plan.iter().any(|line| line.contains("Gather")),
        "not parallel: {plan:#?}"
    );
    assert_eq!(one::<i64>(&mut session, query).await, 5002);
}
