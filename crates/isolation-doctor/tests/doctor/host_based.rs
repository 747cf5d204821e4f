//! A `pg_hba.conf` that keeps tenants' logins out of the control store.

use std::time::Duration;

use sqlx::ConnectOptions as _;
use tenant_registry::TenantSource as _;
use tokio::time::{sleep, timeout};

use crate::test_cluster::{CONTROL, TestCluster, lines};

/// Puts a rule before all others. PostgreSQL itself writes the file: the test's account may not be able to.
const REJECT: &str = "DO $$
    DECLARE file text := current_setting('hba_file');
    BEGIN
        EXECUTE format('COPY (SELECT * FROM regexp_split_to_table(%L, E''\\n'')) TO %L',
            'host tenantry_control +tenantry_tenant all reject' || E'\\n' || pg_read_file(file), file);
        PERFORM pg_reload_conf();
    END $$";

#[tokio::test]
async fn a_connection_that_pg_hba_refuses_is_a_refusal() {
    let mut cluster = TestCluster::new().await;
    cluster.run(CONTROL, REJECT).await.unwrap();
    let spec = cluster.plane.source().load(cluster.a).await.unwrap();
    let as_tenant = spec.connect.clone().database(CONTROL);
    let rejected = async {
        while !matches!(&as_tenant.connect().await, Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("28000"))
        {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(30), rejected)
        .await
        .expect("PostgreSQL has read the file");
    let report = cluster.doctor().examine(true).await;
    assert!(report.sound && report.probed.is_some(), "{:#?}", lines(&report));
}
