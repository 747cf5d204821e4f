//! Rows of two tenants with equal values. `tests/attacks` tries to reach the other tenant's rows.

use crate::support::{TwoTenants, one, run};

/// A key without the tenant would disclose that another tenant has this id.
#[tokio::test]
async fn two_tenants_can_have_a_user_with_the_same_id() {
    let fixture = TwoTenants::new().await;
    let before = fixture.fingerprint().await;
    let (a, user) = (fixture.a, fixture.user_of_b);
    let mut superuser = fixture.superuser().await;
    run(
        &mut superuser,
        &format!("INSERT INTO app.users (tenant_id, id, name) VALUES ('{a}', '{user}', 'twin')"),
    )
    .await
    .unwrap();

    let mut session = fixture.session(fixture.a).await;
    let sql = format!("SELECT name FROM app.users WHERE id = '{user}'");
    assert_eq!(one::<String>(&mut session, &sql).await, "twin");
    let delete = format!("SELECT app.delete_user('{user}')");
    assert!(one::<bool>(&mut session, &delete).await);
    assert!(!one::<bool>(&mut session, &delete).await);
    assert_eq!(fixture.fingerprint().await, before);
}
