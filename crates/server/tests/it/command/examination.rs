//! `tenantry examination`: what the service itself finds.

use sqlx::Executor as _;

use super::operator::Operator;

#[tokio::test]
async fn the_service_examines_and_says_what_it_found_last() {
    let operator = Operator::new().await;
    // The test's service does not wait for an examination, so there was none.
    let none = operator.run(&["examination", "show"]).await;
    assert_eq!(none.code, Some(5), "{none:?}");
    assert!(none.err.contains("no examination has run yet"), "{none:?}");

    let sound = operator.text(&["examination", "run"]).await;
    assert!(
        sound.contains("Tenants are kept apart. Tenants are let in.\n0 errors"),
        "{sound}"
    );
    let mut superuser = operator.service.superuser().await;
    superuser
        .execute("ALTER TABLE app.users NO FORCE ROW LEVEL SECURITY")
        .await
        .unwrap();
    let found = operator.run(&["examination", "run"]).await;
    assert_eq!(found.code, Some(1), "{found:?}");
    for line in [
        "ERROR  RLS_NOT_FORCED  in ",
        "        ALTER TABLE app.users FORCE ROW LEVEL SECURITY;",
        "Tenants are NOT KEPT APART. Tenants are let in.",
    ] {
        assert!(found.out.contains(line), "{found:?}");
    }
    let last = operator.run(&["examination", "show", "--json"]).await;
    assert_eq!(last.code, Some(1), "{last:?}");
    let last: serde_json::Value = serde_json::from_str(&last.out).unwrap();
    assert_eq!((&last["sound"], &last["complete"]), (&false.into(), &true.into()));
}

#[tokio::test]
async fn a_service_that_cannot_be_asked_is_no_finding() {
    let operator = Operator::new().await;
    let away = operator
        .run(&["examination", "run", "--url", "http://127.0.0.1:1"])
        .await;
    assert_eq!(away.code, Some(3), "{away:?}");
    let mut unauthenticated = operator.command(&["examination", "show"]);
    unauthenticated.env("TENANTRY_ADMIN_TOKEN", "x".repeat(43));
    assert_eq!(super::operator::run(unauthenticated).await.code, Some(4));
    for wrong in [
        &["examination", "show", "--token-file", "nowhere"][..],
        &["examination", "show", "--set", "nonsense.key=1"],
    ] {
        let said = operator.run(wrong).await;
        assert_eq!(said.code, Some(5), "{said:?}");
    }
}
