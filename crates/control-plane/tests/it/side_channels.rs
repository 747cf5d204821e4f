//! Ways around row level security that return no row, as far as they are no line of `tests/attacks`.

use sqlx::AssertSqlSafe;

use crate::support::{World, one, run};

/// With statistics on the columns, the estimate for a value that another tenant has many of is not that for one that
/// nobody has, and the number of another tenant's rows is told outright.
#[tokio::test]
async fn estimates_tell_nothing_of_others() {
    let world = World::new().await;
    let mut victim = world.session(world.b).await;
    run(
        &mut victim,
        "INSERT INTO app.users (name) SELECT CASE WHEN n % 2 = 0 THEN 'secret' ELSE 'name ' || n END
         FROM generate_series(1, 4000) AS n",
    )
    .await
    .unwrap();
    run(&mut world.superuser().await, "ANALYZE app.users")
        .await
        .unwrap();

    let (a, b, nobody) = (world.a, world.b, testkit::nobody());
    for (real, other) in [
        ("name = 'secret'".to_owned(), "name = 'nobody'".to_owned()),
        (format!("tenant_id = '{b}'"), format!("tenant_id = '{nobody}'")),
        (
            format!("tenant_id = '{b}' AND name = 'secret'"),
            format!("tenant_id = '{b}' AND name = 'nobody'"),
        ),
        (
            "created_at > now() - interval '1 hour'".to_owned(),
            "created_at > now() - interval '9 days'".to_owned(),
        ),
        ("name < 'name 5'".to_owned(), "name < 'z'".to_owned()),
        ("confirmed".to_owned(), "NOT confirmed".to_owned()),
        (format!("tenant_id = '{a}'"), format!("tenant_id = '{nobody}'")),
    ] {
        let estimate = async |condition: &str| {
            let sql = format!("EXPLAIN SELECT FROM app.users WHERE {condition}");
            let plan: String = one(&mut world.session(world.a).await, &sql).await;
            // Costs and rows of the whole.
            plan.split_once("(cost=").unwrap().1.to_owned()
        };
        assert_eq!(estimate(&real).await, estimate(&other).await, "{real}");
    }
}

/// A parallel worker is a process of its own: it must be the same tenant.
#[tokio::test]
async fn parallel_workers_see_own_rows_alone() {
    let world = World::new().await;
    let fill = "INSERT INTO app.users (name) SELECT 'n' FROM generate_series(1, 5000)";
    for tenant in [world.a, world.b] {
        run(&mut world.session(tenant).await, fill).await.unwrap();
    }
    let mut session = world.session(world.a).await;
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
