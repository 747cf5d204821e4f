//! Ids of tenants that do not exist, many of them.

use futures_util::future::join_all;

use crate::support::{Client, Service, retry_after};

const USERS: &str = "/v1/internal/users";

#[tokio::test]
async fn a_flood_of_made_up_ids_is_slowed_down_and_costs_tenants_nothing() {
    let service = Service::with(&[
        "registry.strangers_per_second=5",
        "control_store.connect_timeout=1s",
    ])
    .await;
    let acme = service.client(&service.tenant("acme").await);
    acme.get(USERS).await.expect(200);

    let strangers = (0..50).map(|_| async {
        let id = testkit::unknown_tenant().to_string();
        let client = Client::new(service.tenant_plane).header("x-tenant-id", &id);
        client.get(USERS).await
    });
    let flood = async {
        let answers = join_all(strangers).await;
        let (refused, unknown): (Vec<_>, Vec<_>) =
            answers.into_iter().partition(|answer| answer.status == 503);
        assert!(!refused.is_empty() && !unknown.is_empty());
        for answer in unknown {
            answer.refused(404, "TENANT_UNKNOWN");
        }
        for answer in refused {
            assert!(retry_after(&answer) >= 1);
            answer.refused(503, "CLUSTER_BUSY");
        }
    };
    let served = async {
        for _ in 0..20 {
            acme.get(USERS).await.expect(200);
        }
    };
    tokio::join!(flood, served);
    acme.get(USERS).await.expect(200);
}
