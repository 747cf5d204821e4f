//! The service itself, as it runs in production: `tenantry serve` over the world's databases.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;

use secrecy::ExposeSecret as _;
use tempfile::TempDir;
use uuid::Uuid;

use super::{Confinement, Probe, Process, free_address};
use crate::child::GuardedCommand;
use crate::world::{Tenant, World};

/// The path of a page of ten users.
pub(crate) const LIST: &str = "/v1/internal/users?limit=10";
/// The same, for callers with an API key.
pub(crate) const LIST_BY_KEY: &str = "/v1/users?limit=10";

/// Which events are logged, as JSON.
#[derive(Debug, Clone, Copy)]
pub(crate) enum LogFilter {
    /// The default: an access line for each request.
    Info,
    /// No access lines.
    Warn,
}

/// Starts it, and waits until it serves this tenant. Its settings are production's, but for TLS (both sides speak to
/// PostgreSQL over loopback), for addresses, and for those given here.
///
/// # Errors
/// When it does not serve.
pub(crate) async fn start(
    program: &Path,
    world: &World,
    tenant: &Tenant,
    filter: LogFilter,
    settings: &[&str],
    confinement: Option<&Confinement>,
) -> anyhow::Result<Process> {
    let prepared = Prepared::new(program, world, filter, settings, confinement).await?;
    let probe = Probe {
        address: prepared.address,
        path: LIST,
        tenant: tenant.id.as_uuid(),
    };
    prepared.start(probe).await
}

/// Starts it with a tenant plane that speaks TLS by this certificate and key, and waits until it is ready. Else as
/// [`start`].
///
/// # Errors
/// When it does not get ready.
pub(crate) async fn start_tls(
    program: &Path,
    world: &World,
    (certificate, key): (&Path, &Path),
    settings: &[&str],
) -> anyhow::Result<Process> {
    let certificate = format!("tenant_plane.tls_cert_file={}", certificate.display());
    let key = format!("tenant_plane.tls_key_file={}", key.display());
    let settings = [settings, &[certificate.as_str(), key.as_str()]].concat();
    let prepared = Prepared::new(program, world, LogFilter::Info, &settings, None).await?;
    let probe = Probe {
        address: prepared.admin,
        path: "/readyz",
        tenant: Uuid::nil(),
    };
    prepared.start(probe).await
}

/// The command, its files, and the addresses of its planes.
struct Prepared {
    command: GuardedCommand,
    folder: TempDir,
    address: SocketAddr,
    admin: SocketAddr,
}

impl Prepared {
    async fn new(
        program: &Path,
        world: &World,
        filter: LogFilter,
        settings: &[&str],
        confinement: Option<&Confinement>,
    ) -> anyhow::Result<Self> {
        let folder = TempDir::new()?;
        let address = free_address().await?;
        let admin = free_address().await?;
        let file = configuration(world, folder.path(), &address.to_string(), &admin.to_string())?;
        private_files::create_new(&folder.path().join("production.toml"), file.as_bytes())?;
        let mut arguments = vec![
            "serve".to_owned(),
            "--profile".to_owned(),
            "production".to_owned(),
        ];
        arguments.extend(["--config-dir".to_owned(), folder.path().display().to_string()]);
        if let LogFilter::Warn = filter {
            arguments.extend(["--set".to_owned(), "log.filter=warn".to_owned()]);
        }
        for setting in settings {
            arguments.extend(["--set".to_owned(), (*setting).to_owned()]);
        }
        let command = match confinement {
            Some(confinement) => confinement.command(program, arguments),
            None => GuardedCommand::new(program, arguments),
        };
        Ok(Self {
            command: command.without_env("TENANTRY_"),
            folder,
            address,
            admin,
        })
    }

    async fn start(self, probe: Probe<'_>) -> anyhow::Result<Process> {
        Process::start(self.command, self.folder.path(), self.address, probe).await
    }
}

fn configuration(world: &World, folder: &Path, tenants: &str, admin: &str) -> anyhow::Result<String> {
    let secret = |name: &str, bytes: &str| -> anyhow::Result<String> {
        let file = folder.join(name);
        private_files::create_new(&file, bytes.as_bytes())?;
        Ok(file.display().to_string())
    };
    let password = secret("service-password", world.service_password().expose_secret())?;
    let cluster = world.cluster();
    let mut file = format!(
        "[tenant_plane]\nlisten = \"{tenants}\"\n\
         [admin_plane]\nlisten = \"{admin}\"\n\
         [keys]\nring_file = \"{}\"\n\
         [shutdown]\nhttp_deadline = \"1s\"\nregistry_deadline = \"1s\"\n",
        world.key_ring().display()
    );
    for (section, database) in [("control_store", world.control()), ("data_cluster", world.data())] {
        write!(
            file,
            "[{section}]\nhost = \"{}\"\nport = {}\ndatabase = \"{database}\"\ntls = \"disable\"\n\
             service_password_file = \"{password}\"\n",
            cluster.host, cluster.port
        )?;
    }
    Ok(file)
}
