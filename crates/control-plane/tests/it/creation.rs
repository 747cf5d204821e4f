//! Creation of tenants: interrupted, abandoned and concurrent.

use std::net::TcpListener;
use std::time::Duration;

use control_plane::{
    Actor, ControlPlane, ControlPlaneSettings, CreateError, Metadata, NewTenant, Taken, TenantState,
};
use schema::Cluster;
use sqlx::postgres::PgConnection;
use tenant_registry::{LeaseError, SourceError, TenantDb, TenantId};
use testkit::Databases;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::support::{name, one, provisioner, registry, role, run, sqlstate};

async fn in_data(databases: &Databases) -> PgConnection {
    databases.server().superuser(databases.data().as_str()).await
}

async fn not_ready(plane: &ControlPlane, tenant: TenantId) {
    match registry(plane).lease(tenant).await {
        Err(LeaseError::Source {
            error: SourceError::NotReady,
            ..
        }) => {}
        Err(error) => panic!("{error:?}"),
        Ok(_) => panic!("a tenant without roles was leased"),
    }
}

async fn works(plane: &ControlPlane, tenant: TenantId) {
    let db = TenantDb::new(registry(plane).lease(tenant).await.unwrap());
    sqlx::query("INSERT INTO app.users (name) VALUES ('Ada')")
        .execute(&db)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_creation_without_roles_is_resumed_by_repeating_it() {
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    let id: TenantId = Uuid::now_v7().into();
    let mut superuser = in_data(&databases).await;
    let function = format!(
        "FUNCTION {}.open_tenant(uuid, \"char\", text, integer)",
        provisioner(id)
    );
    run(
        &mut superuser,
        &format!("REVOKE EXECUTE ON {function} FROM tenantry_service"),
    )
    .await
    .unwrap();

    for _ in 0..2 {
        match plane.create_tenant(name("acme"), Some(id)).await {
            Err(CreateError::NotProvisioned { tenant, cause }) => {
                assert_eq!(tenant, id);
                assert!(cause.contains("42501"), "{cause}");
            }
            other => panic!("{other:?}"),
        }
        let stored = plane.tenant(id).await.unwrap().unwrap();
        assert_eq!(stored.state, TenantState::Provisioning);
        not_ready(&plane, id).await;
    }
    // Its id and name conflict with none but its own.
    for (other_name, other_id, taken) in [("other", Some(id), Taken::Id), ("acme", None, Taken::Name)] {
        match plane.create_tenant(name(other_name), other_id).await {
            Err(CreateError::Exists(what)) => assert_eq!(what, taken),
            other => panic!("{other:?}"),
        }
    }

    run(
        &mut superuser,
        &format!("GRANT EXECUTE ON {function} TO tenantry_service"),
    )
    .await
    .unwrap();
    let tenant = plane.create_tenant(name("acme"), Some(id)).await.unwrap();
    assert_eq!((tenant.id, tenant.state), (id, TenantState::Active));
    works(&plane, id).await;
    match plane.create_tenant(name("acme"), Some(id)).await {
        Err(CreateError::Exists(Taken::Id)) => {}
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_unreachable_data_cluster_leaves_the_tenant_provisioning() {
    let databases = Databases::new().await;
    // A port that was bound and closed: connections are refused.
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let settings = databases.settings();
    let nowhere = ControlPlaneSettings {
        data: Cluster {
            port,
            connect_timeout: Duration::from_secs(1),
            ..settings.data.clone()
        },
        ..settings.clone()
    };
    let envelope = testkit::envelope();
    let cut_off = ControlPlane::open(nowhere, envelope.clone());
    let id: TenantId = Uuid::now_v7().into();
    match cut_off.create_tenant(name("acme"), Some(id)).await {
        Err(CreateError::NotProvisioned { tenant, .. }) => assert_eq!(tenant, id),
        other => panic!("{other:?}"),
    }
    not_ready(&cut_off, id).await;

    // Another replica, which reaches the cluster, continues with the same password.
    let plane = ControlPlane::open(settings, envelope);
    plane.create_tenant(name("acme"), Some(id)).await.unwrap();
    works(&plane, id).await;
}

/// `jsonb` spells a number otherwise than the request.
#[tokio::test]
async fn repeated_requests_are_compared_by_value() {
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    let id: TenantId = Uuid::now_v7().into();
    let mut superuser = in_data(&databases).await;
    let function = format!("FUNCTION {}.create_tenant(uuid, text)", provisioner(id));
    let revoke = format!("REVOKE EXECUTE ON {function} FROM tenantry_service");
    run(&mut superuser, &revoke).await.unwrap();
    let asked = |metadata: &str| NewTenant {
        id: Some(id),
        metadata: Metadata::new(serde_json::from_str(metadata).unwrap()).unwrap(),
        ..NewTenant::named(name("acme"))
    };
    let actor = Actor::service("test");
    for same in [
        r#"{"a": 1e17, "b": [0.50, "x"]}"#,
        r#"{"b": [5.0e-1, "\u0078"], "a": 100000000000000000}"#,
    ] {
        let begun = plane.begin_creation(&actor, &asked(same), None).await.unwrap();
        assert_eq!(begun.tenant.id, id);
    }
    let other = asked(r#"{"a": 1e17, "b": [0.51, "x"]}"#);
    match plane.begin_creation(&actor, &other, None).await {
        Err(CreateError::Exists(Taken::Id)) => {}
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_cancelled_caller_does_not_stop_the_creation() {
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    let id: TenantId = Uuid::now_v7().into();
    let creation = plane.create_tenant(name("acme"), Some(id));
    // Polled once, and dropped before a database can answer.
    assert!(timeout(Duration::ZERO, creation).await.is_err());
    timeout(Duration::from_secs(30), async {
        while plane
            .tenant(id)
            .await
            .unwrap()
            .is_none_or(|tenant| tenant.state != TenantState::Active)
        {
            sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .unwrap();
    works(&plane, id).await;
}

/// A client repeats the request while the first one is running: each gets an answer.
#[tokio::test]
async fn one_tenant_is_created_concurrently() {
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    for round in 0..5 {
        let id: TenantId = Uuid::now_v7().into();
        let create = || plane.create_tenant(name(&format!("acme {round}")), Some(id));
        let results = tokio::join!(create(), create(), create(), create());
        let results = [results.0, results.1, results.2, results.3];
        for result in &results {
            match result {
                Ok(tenant) => assert_eq!((tenant.id, tenant.state), (id, TenantState::Active)),
                Err(CreateError::Exists(Taken::Id)) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
        assert!(results.iter().any(Result::is_ok));
        works(&plane, id).await;
    }
}

#[tokio::test]
async fn many_tenants_are_created_concurrently() {
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    let creations: Vec<_> = (0..16)
        .map(|number| {
            let plane = plane.clone();
            tokio::spawn(async move { plane.create_tenant(name(&format!("tenant {number}")), None).await })
        })
        .collect();
    for creation in creations {
        works(&plane, creation.await.unwrap().unwrap().id).await;
    }
}

#[tokio::test]
async fn a_new_tenants_roles_have_no_attributes() {
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    let role = role(testkit::tenant(&plane, "acme").await.id);
    let mut superuser = in_data(&databases).await;
    let roles = format!(
        "SELECT string_agg(concat_ws(' ', replace(rolname, '{role}', 'tn'), rolcanlogin, split_part(rolpassword, ':', 1)), ', '
            ORDER BY rolname)
         FROM pg_authid
         WHERE rolname ~ '^{role}'
            AND NOT (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication) AND rolinherit"
    );
    assert_eq!(
        one::<String>(&mut superuser, &roles).await,
        "tn_a t SCRAM-SHA-256$1"
    );
    let members = format!(
        "SELECT string_agg(concat_ws(' in ', replace(member::regrole::text, '{role}', 'tn'), replace(roleid::regrole::text, '{role}', 'tn')),
            ', ' ORDER BY member)
         FROM pg_auth_members WHERE member::regrole::text ~ '^{role}' AND NOT admin_option"
    );
    assert_eq!(
        one::<String>(&mut superuser, &members).await,
        "tn_a in tenantry_tenant"
    );
}

/// PostgreSQL treats an invalid verifier as a password, which it would log.
#[tokio::test]
async fn the_provisioner_accepts_verifiers_only() {
    const SALT: &str = "AAAAAAAAAAAAAAAAAAAAAA==";
    const KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let databases = Databases::new().await;
    let server = databases.server();
    let id: TenantId = Uuid::now_v7().into();
    let create = format!("SELECT {}.create_tenant($1, $2)", provisioner(id));
    let create = async |tenant: Option<Uuid>, verifier: Option<&str>| {
        let mut service = server
            .connect(server.service(), databases.data().as_str())
            .await
            .unwrap();
        sqlx::query(sqlx::AssertSqlSafe(create.clone()))
            .bind(tenant)
            .bind(verifier)
            .execute(&mut service)
            .await
            .map_err(|error| sqlstate(&error))
    };
    for verifier in [
        String::new(),
        "secret".to_owned(),
        "md5d41d8cd98f00b204e9800998ecf8427e".to_owned(),
        "SCRAM-SHA-256".to_owned(),
        "SCRAM-SHA-256$1:AAAA$AAAA:AAAA".to_owned(),
        format!("SCRAM-SHA-256$0:{SALT}${KEY}:{KEY}"),
        format!("SCRAM-SHA-256$-1:{SALT}${KEY}:{KEY}"),
        format!("SCRAM-SHA-256$9999999999:{SALT}${KEY}:{KEY}"),
        format!("SCRAM-SHA-256$1:{SALT}${KEY}"),
        format!("SCRAM-SHA-256$1:{SALT}${KEY}:{KEY}A"),
        format!("SCRAM-SHA-256$1:{SALT}${KEY}:{KEY}\n"),
        format!("x\nSCRAM-SHA-256$1:{SALT}${KEY}:{KEY}"),
        format!("SCRAM-SHA-256$1:{SALT}${KEY}:{KEY}' SUPERUSER"),
        format!("SCRAM-SHA-1$1:{SALT}${KEY}:{KEY}"),
    ] {
        assert_eq!(
            create(Some(id.as_uuid()), Some(&verifier)).await.unwrap_err(),
            "22023",
            "{verifier}"
        );
    }
    assert_eq!(create(Some(id.as_uuid()), None).await.unwrap_err(), "22023");
    assert_eq!(create(None, Some("x")).await.unwrap_err(), "22004");
    let made = format!("SELECT count(*) FROM pg_roles WHERE rolname ~ '^{}'", role(id));
    let mut superuser = in_data(&databases).await;
    assert_eq!(one::<i64>(&mut superuser, &made).await, 0);

    let verifier = format!("SCRAM-SHA-256$1:{SALT}${KEY}:{KEY}");
    create(Some(id.as_uuid()), Some(&verifier)).await.unwrap();
    // Unchanged: PostgreSQL did not treat it as a password.
    let stored = format!(
        "SELECT rolpassword FROM pg_authid WHERE rolname = '{}_a'",
        role(id)
    );
    assert_eq!(one::<String>(&mut superuser, &stored).await, verifier);
}

/// Each provisioner creates and alters the roles of its own tenants.
#[tokio::test]
async fn every_provisioner_creates_tenants() {
    let databases = Databases::new().await;
    let plane = databases.control_plane();
    for number in 0..64_u8 {
        let mut id = Uuid::new_v4().into_bytes();
        id[15] = number;
        let id: TenantId = Uuid::from_bytes(id).into();
        assert_eq!(provisioner(id), format!("provisioner_{number:02}"));
        plane
            .create_tenant(name(&format!("tenant {number}")), Some(id))
            .await
            .unwrap();
    }
}
