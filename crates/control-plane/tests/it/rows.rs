//! A tenant never sees, counts, changes, deletes or adds another's rows.

use futures_util::TryStreamExt as _;

use crate::support::{DENIED, SECRET, World, one, run};

#[tokio::test]
async fn anothers_rows_are_neither_seen_nor_counted() {
    let world = World::new().await;
    let (a, b, user) = (world.a, world.b, world.user_of_b);
    for (expected, sql) in [
        (Some("2"), "SELECT count(*)::text FROM app.users".to_owned()),
        (Some("2"), "SELECT count(*)::text FROM ONLY app.users".to_owned()),
        (
            Some("2"),
            "SELECT count(*)::text FROM app.users TABLESAMPLE SYSTEM (100)".to_owned(),
        ),
        (
            Some("1,2"),
            "SELECT string_agg(name, ',' ORDER BY name) FROM app.users".to_owned(),
        ),
        (Some("2"), "SELECT max(name) FROM app.users".to_owned()),
        (
            Some("2"),
            format!("SELECT count(*)::text FROM app.users WHERE tenant_id = '{a}'"),
        ),
        (
            Some("0"),
            format!("SELECT count(*)::text FROM app.users WHERE tenant_id = '{b}'"),
        ),
        (
            Some("0"),
            format!("SELECT count(*)::text FROM app.users WHERE id = '{user}'"),
        ),
        (
            None,
            format!("SELECT name FROM app.users WHERE tenant_id = '{b}' AND id = '{user}'"),
        ),
        (
            Some("0"),
            format!("SELECT count(*)::text FROM app.users WHERE name LIKE '{SECRET}%'"),
        ),
        (
            Some("2"),
            "SELECT count(*)::text FROM app.users WHERE tenant_id <> app.tid() OR true".to_owned(),
        ),
        (
            Some("4"),
            "SELECT count(*)::text FROM app.users AS x CROSS JOIN app.users AS y".to_owned(),
        ),
        (
            Some("0"),
            format!(
                "SELECT count(users)::text FROM (VALUES ('{b}'::uuid)) AS wanted (id)
                 LEFT JOIN app.users ON tenant_id = wanted.id"
            ),
        ),
        (
            Some("0"),
            format!(
                "WITH stolen AS MATERIALIZED (SELECT * FROM app.users WHERE tenant_id = '{b}')
                 SELECT count(*)::text FROM stolen"
            ),
        ),
        (
            Some("0"),
            format!(
                "WITH locked AS (SELECT FROM app.users WHERE tenant_id = '{b}' FOR UPDATE)
                 SELECT count(*)::text FROM locked"
            ),
        ),
        (
            Some("0"),
            format!("SELECT strpos(table_to_xml('app.users', true, false, '')::text, '{SECRET}')::text"),
        ),
        (
            Some("0"),
            format!(
                "SELECT strpos(query_to_xml('TABLE app.users', true, false, '')::text, '{SECRET}')::text"
            ),
        ),
    ] {
        for answer in world.ask(&sql).await {
            assert_eq!(answer.as_deref(), expected, "{sql}");
        }
    }
}

#[tokio::test]
async fn copy_gives_own_rows_and_takes_none() {
    let world = World::new().await;
    let mut session = world.session(world.a).await;
    for statement in [
        "COPY app.users TO STDOUT",
        "COPY (SELECT * FROM app.users) TO STDOUT",
        "COPY app.users (name) TO STDOUT WITH (FORMAT binary)",
    ] {
        let chunks: Vec<_> = session
            .copy_out_raw(statement)
            .await
            .unwrap()
            .try_collect()
            .await
            .unwrap();
        let copied = String::from_utf8_lossy(&chunks.concat()).into_owned();
        assert!(
            copied.contains('1') && copied.contains('2'),
            "{statement}: {copied}"
        );
        assert!(!copied.contains(SECRET), "{statement}: {copied}");
    }
    // "COPY FROM not supported with row-level security", and without it the column grants would refuse.
    world.refused("COPY app.users (name) FROM STDIN", "0A000").await;
    for sql in [
        "COPY app.users (tenant_id, name) FROM STDIN",
        "COPY app.users TO PROGRAM 'cat'",
        "COPY app.users TO '/tmp/users'",
    ] {
        world.refused(sql, DENIED).await;
    }
}

#[tokio::test]
async fn nothing_is_written_in_anothers_name() {
    let world = World::new().await;
    let before = world.fingerprint().await;
    let (a, b, user) = (world.a, world.b, world.user_of_b);
    for sql in [
        format!("INSERT INTO app.users (tenant_id, name) VALUES ('{b}', 'x')"),
        format!("INSERT INTO app.users (tenant_id, name) VALUES ('{a}', 'x')"),
        format!("INSERT INTO app.users (id, name) VALUES ('{user}', 'x')"),
        format!("INSERT INTO app.users SELECT '{b}', gen_random_uuid(), 'x'"),
        format!("UPDATE app.users SET tenant_id = '{b}'"),
        format!("UPDATE app.users SET id = '{user}'"),
        "UPDATE app.users SET created_at = now()".to_owned(),
        format!(
            "INSERT INTO app.users (name) VALUES ('x') ON CONFLICT (tenant_id, id) DO UPDATE SET tenant_id = '{b}'"
        ),
        format!("DELETE FROM app.users WHERE tenant_id = '{b}'"),
        "DELETE FROM app.users".to_owned(),
        "TRUNCATE app.users".to_owned(),
    ] {
        world.refused(&sql, DENIED).await;
    }
    if world.major().await >= 15 {
        let merge = format!(
            "MERGE INTO app.users USING (VALUES ('{b}'::uuid)) AS wanted (id) ON tenant_id = wanted.id
             WHEN MATCHED THEN DELETE"
        );
        world.refused(&merge, DENIED).await;
    }
    assert_eq!(world.fingerprint().await, before);
}

#[tokio::test]
async fn what_is_allowed_reaches_own_rows_alone() {
    let world = World::new().await;
    let before = world.fingerprint().await;
    let (b, user) = (world.b, world.user_of_b);
    for (rows, sql) in [
        (0, format!("UPDATE app.users SET name = 'hit' WHERE tenant_id = '{b}'")),
        (0, format!("UPDATE app.users SET name = 'hit' WHERE id = '{user}'")),
        (
            0,
            format!("UPDATE app.users SET name = wanted.name FROM app.users AS wanted WHERE wanted.tenant_id = '{b}'"),
        ),
        (2, "UPDATE app.users SET name = 'own'".to_owned()),
        (
            1,
            "INSERT INTO app.users (name) VALUES ('x') ON CONFLICT (tenant_id, id) DO UPDATE SET name = 'hit'".to_owned(),
        ),
        (
            0,
            format!("INSERT INTO app.users (name) SELECT name FROM app.users WHERE tenant_id = '{b}'"),
        ),
    ] {
        let mut session = world.session(world.a).await;
        run(&mut session, "BEGIN").await.unwrap();
        let plain = run(&mut session, &sql).await.unwrap().rows_affected();
        run(&mut session, "ROLLBACK").await.unwrap();
        let mut transaction = world.db(world.a).await.begin().await.unwrap();
        let pooled = sqlx::query(sqlx::AssertSqlSafe(sql.clone()))
            .execute(&mut transaction)
            .await
            .unwrap()
            .rows_affected();
        transaction.rollback().await.unwrap();
        assert_eq!([plain, pooled], [rows; 2], "{sql}");
    }
    for sql in [
        format!("SELECT app.delete_user('{user}')::text"),
        format!("SELECT bool_or(app.delete_user(id))::text FROM (VALUES ('{user}'::uuid)) AS wanted (id)"),
    ] {
        assert_eq!(
            world.ask(&sql).await,
            [Some("false".to_owned()), Some("false".to_owned())]
        );
    }
    assert_eq!(world.fingerprint().await, before);
}

/// A key without the tenant would tell one tenant that another has this id.
#[tokio::test]
async fn two_tenants_may_have_a_user_of_the_same_id() {
    let world = World::new().await;
    let before = world.fingerprint().await;
    let (a, user) = (world.a, world.user_of_b);
    let mut superuser = world.superuser().await;
    run(
        &mut superuser,
        &format!("INSERT INTO app.users (tenant_id, id, name) VALUES ('{a}', '{user}', 'twin')"),
    )
    .await
    .unwrap();

    let mut session = world.session(world.a).await;
    let sql = format!("SELECT name FROM app.users WHERE id = '{user}'");
    assert_eq!(one::<String>(&mut session, &sql).await, "twin");
    let delete = format!("SELECT app.delete_user('{user}')");
    assert!(one::<bool>(&mut session, &delete).await);
    assert!(!one::<bool>(&mut session, &delete).await);
    assert_eq!(world.fingerprint().await, before);
}
