//! Database of the ordinary service: a table without `tenant_id` and row level security, with as many rows.

use schema::{Login, random_secret};
use secrecy::ExposeSecret as _;
use sqlx::postgres::PgConnectOptions;

use super::{Tenant, World};

const DATABASE: &str = "bench_ordinary";
const LOGIN: &str = "bench_ordinary";

/// How many users a tenant has, and the ordinary table.
pub(crate) const USERS: u32 = 100;

/// Tenants without requests. All tenants share one table, and PostgreSQL plans a table of a few hundred rows differently
/// from that of a service with a thousand tenants.
const OTHERS: u32 = 1_000;

/// The ordinary database.
pub(crate) struct Ordinary {
    /// How the ordinary service logs in.
    pub(crate) connect: PgConnectOptions,
}

impl Ordinary {
    /// Makes it anew, and gives the tenants the same users.
    ///
    /// # Errors
    /// When the server refuses.
    pub(crate) async fn make(world: &World, tenants: &[Tenant]) -> anyhow::Result<Self> {
        let password = random_secret()?;
        world
            .execute(
                "postgres",
                format!("DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)"),
            )
            .await?;
        let role = format!(
            "DROP ROLE IF EXISTS {LOGIN}; CREATE ROLE {LOGIN} LOGIN PASSWORD '{}'",
            password.expose_secret()
        );
        world.execute("postgres", role).await?;
        world
            .execute("postgres", format!("CREATE DATABASE {DATABASE}"))
            .await?;
        world.execute(DATABASE, table()).await?;
        world
            .execute(DATABASE, "VACUUM ANALYZE public.users".to_owned())
            .await?;
        for tenant in tenants {
            world.execute(world.data(), users_of(tenant)).await?;
        }
        world.execute(world.data(), users_of_others()).await?;
        world
            .execute(world.data(), "VACUUM ANALYZE app.users".to_owned())
            .await?;
        let login = Login::new(LOGIN, password);
        Ok(Self {
            connect: world.cluster().options(&login, DATABASE),
        })
    }
}

fn table() -> String {
    format!(
        "CREATE TABLE public.users (
            id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
            name text NOT NULL,
            confirmed boolean NOT NULL DEFAULT false,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now()
        );
        CREATE INDEX ON public.users (created_at, id);
        INSERT INTO public.users (name, created_at) {};
        GRANT SELECT ON public.users TO {LOGIN}",
        rows("")
    )
}

fn users_of(tenant: &Tenant) -> String {
    let id = tenant.id;
    format!(
        "DELETE FROM app.users WHERE tenant_id = '{id}';
        INSERT INTO app.users (tenant_id, name, created_at) {}",
        rows(&format!("'{id}'::uuid, "))
    )
}

fn rows(first: &str) -> String {
    format!("SELECT {first}'user ' || n, now() - n * interval '1 minute' FROM generate_series(1, {USERS}) n")
}

/// As many users for each of many other tenants.
fn users_of_others() -> String {
    format!(
        "DELETE FROM app.users WHERE name LIKE 'other %';
        INSERT INTO app.users (tenant_id, name, created_at)
        SELECT tenant, 'other ' || n, now() - n * interval '1 minute'
        FROM (SELECT gen_random_uuid() AS tenant FROM generate_series(1, {OTHERS})) AS tenants,
            generate_series(1, {USERS}) AS n"
    )
}
