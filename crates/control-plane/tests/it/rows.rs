//! Rows of two tenants that have something in common. That neither reaches the other's is what `tests/attacks` tries.

use crate::support::{World, one, run};

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
