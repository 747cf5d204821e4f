//! The tenant plane over a real PostgreSQL, with a table of plans.

use std::any::Any;
use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use api::{AcceptedKey, Admission, ApiKeys, KeyRejection, TenantLimits, TenantPlans, TrustedNetworks, Ways};
use axum::body::{Body, to_bytes};
use axum::{Extension, Router};
use http::{HeaderMap, Request, StatusCode};
use serde_json::Value;
use sqlx::Executor as _;
use sqlx::postgres::PgConnection;
use tenant_limits::RequestLimits;
use tenant_registry::{Registry, RegistrySettings, TenantId};
use testkit::Databases;
use tokio::time::{sleep, timeout};
use tower::ServiceExt as _;
use uuid::Uuid;
use web::Peer;
use web::page::{CursorKey, CursorKeys};

pub(crate) const USERS: &str = "/v1/internal/users";
pub(crate) const LIMITS: &str = "/v1/internal/limits";

/// Far longer than anything here takes.
const LONG: Duration = Duration::from_secs(30);

/// The plans of tenants, which tests change.
#[derive(Debug, Default)]
pub(crate) struct Plans {
    of: Mutex<HashMap<TenantId, TenantLimits>>,
    default: RequestLimits,
}

impl Plans {
    pub(crate) fn set(&self, tenant: TenantId, limits: RequestLimits) {
        let mut plans = self.of.lock().unwrap();
        let revision = plans.get(&tenant).map_or(1, |plan| plan.revision + 1);
        plans.insert(tenant, TenantLimits { limits, revision });
    }
}

impl TenantPlans for Plans {
    fn limits(&self, tenant: TenantId) -> TenantLimits {
        let own = self.of.lock().unwrap().get(&tenant).copied();
        own.unwrap_or(TenantLimits {
            limits: self.default,
            revision: 0,
        })
    }

    fn plan_name(&self, tenant: TenantId) -> String {
        let own = self.of.lock().unwrap().contains_key(&tenant);
        if own { "own" } else { "default" }.to_owned()
    }
}

/// A key is its tenant's id.
#[derive(Debug)]
struct KeyIsTenant;

impl ApiKeys for KeyIsTenant {
    fn verify(&self, presented: &str) -> Result<AcceptedKey, KeyRejection> {
        let tenant = presented
            .strip_prefix(api::API_KEY_PREFIX)
            .and_then(|id| id.parse::<Uuid>().ok())
            .ok_or(KeyRejection::Invalid)?;
        Ok(AcceptedKey {
            id: Uuid::nil(),
            tenant: tenant.into(),
            reads: true,
            writes: true,
        })
    }
}

pub(crate) struct Plane {
    pub(crate) databases: Databases,
    pub(crate) plans: Arc<Plans>,
    pub(crate) admission: Admission,
    pub(crate) registry: api::TenantRegistry,
    _control: Box<dyn Any + Send + Sync>,
    router: Router,
}

/// An answer's status, headers and body.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) {
        assert_eq!(
            (self.status.as_u16(), &self.body["code"]),
            (status, &code.into()),
            "{self:?}"
        );
    }
}

impl Plane {
    /// With tenants of these limits, `default` for all others, and room for so many requests at once.
    pub(crate) async fn new<const N: usize>(
        default: RequestLimits,
        max_concurrent_requests: u32,
        limits: [RequestLimits; N],
    ) -> (Self, [TenantId; N]) {
        let databases = Databases::new().await;
        let control = databases.control_plane();
        let registry = Registry::new(
            Arc::new(control.source()),
            RegistrySettings::default(),
            testkit::budgeted(&control),
        );
        let plans = Arc::new(Plans {
            default,
            ..Plans::default()
        });
        let admission = Admission::new(
            Arc::clone(&plans) as Arc<dyn TenantPlans>,
            max_concurrent_requests,
        );
        let loopback = "127.0.0.0/8".parse().unwrap();
        let router = api::plane(
            &registry,
            Ways::all(TrustedNetworks::new([loopback]), Arc::new(KeyIsTenant), None),
            &admission,
        )
        .route_layer(Extension(CursorKeys::new(CursorKey::new(&[1; 32]), [])));
        let mut tenants = [Uuid::nil().into(); N];
        for (number, limits) in limits.into_iter().enumerate() {
            tenants[number] = testkit::tenant(&control, &format!("tenant {number}")).await.id;
            plans.set(tenants[number], limits);
        }
        let made = Self {
            databases,
            plans,
            admission,
            registry,
            _control: Box::new(control),
            router,
        };
        (made, tenants)
    }

    pub(crate) async fn get(&self, tenant: TenantId, path: &str) -> Answer {
        let request = Request::get(path).header("x-tenant-id", tenant.to_string());
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub(crate) fn post(tenant: TenantId, body: Body) -> Request<Body> {
        Request::post(USERS)
            .header("x-tenant-id", tenant.to_string())
            .header("content-type", "application/json")
            .body(body)
            .unwrap()
    }

    pub(crate) async fn send(&self, mut request: Request<Body>) -> Answer {
        let peer = Peer::new(SocketAddr::from((Ipv4Addr::LOCALHOST, 1)));
        request.extensions_mut().insert(peer);
        let response = timeout(LONG, self.router.clone().oneshot(request));
        let (head, body) = response.await.unwrap().unwrap().into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Answer {
            status: head.status,
            headers: head.headers,
            body: serde_json::from_slice(&body).unwrap_or_default(),
        }
    }

    /// Locks the users against all requests until the result is dropped.
    pub(crate) async fn lock_users(&self) -> PgConnection {
        let server = self.databases.server();
        let mut superuser = server.superuser(self.databases.data().as_str()).await;
        let lock = "BEGIN; LOCK TABLE app.users IN ACCESS EXCLUSIVE MODE";
        superuser.execute(lock).await.unwrap();
        superuser
    }
}

/// Limits of this rate, burst and concurrency; 0 is none.
pub(crate) fn limits(per_second: u32, burst: u32, concurrent: u32) -> RequestLimits {
    RequestLimits {
        requests_per_second: NonZeroU32::new(per_second),
        burst: NonZeroU32::new(burst),
        concurrent_requests: NonZeroU32::new(concurrent),
        ..RequestLimits::default()
    }
}

/// Polls until the condition holds.
pub(crate) async fn until(mut holds: impl AsyncFnMut() -> bool) {
    let poll = async {
        while !holds().await {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(LONG, poll).await.expect("it comes about");
}
