//! TLS to the world's server, with certificates made for the run.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::{Tenant, World};

const KEY: [&str; 4] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];

/// TLS connections to the server, with its certificate fully verified. The server still accepts plain ones.
#[derive(Clone)]
pub(crate) struct Tls {
    authority: Vec<u8>,
}

impl Tls {
    /// Makes an authority and a certificate, and has the server use them.
    ///
    /// # Errors
    /// When openssl fails, or the server refuses.
    pub(crate) async fn start(openssl: &Path, world: &World) -> anyhow::Result<Self> {
        let folder = world.server().data_directory();
        let (authority, own) = (pair(folder, "bench-authority"), pair(folder, "bench-server"));
        make(openssl, &authority, "/CN=bench authority", &[])?;
        let (issuer, issuer_key) = (text(&authority.certificate)?, text(&authority.key)?);
        let signed = [
            "-CA",
            issuer,
            "-CAkey",
            issuer_key,
            "-addext",
            "basicConstraints=critical,CA:FALSE",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
        ];
        make(openssl, &own, "/CN=127.0.0.1", &signed)?;
        // PostgreSQL requires a key file that only its own account can read.
        let server = fs::metadata(folder)?;
        for file in [&own.certificate, &own.key] {
            fs::set_permissions(file, Permissions::from_mode(0o600))?;
            chown(file, Some(server.uid()), Some(server.gid()))?;
        }
        // One by one, since ALTER SYSTEM stands alone.
        for sql in [
            "ALTER SYSTEM SET ssl_cert_file = 'bench-server.crt'",
            "ALTER SYSTEM SET ssl_key_file = 'bench-server.key'",
            "ALTER SYSTEM SET ssl = on",
            "SELECT pg_reload_conf()",
        ] {
            world.execute("postgres", sql.to_owned()).await?;
        }
        Ok(Self {
            authority: fs::read(&authority.certificate)?,
        })
    }

    /// The same login over TLS.
    pub(crate) fn connect(&self, plain: PgConnectOptions) -> PgConnectOptions {
        plain
            .ssl_mode(PgSslMode::VerifyFull)
            .ssl_root_cert_from_pem(self.authority.clone())
    }

    /// The same tenants, reached over TLS.
    pub(crate) fn tenants(&self, tenants: &[Tenant]) -> Vec<Tenant> {
        let mut tenants = tenants.to_vec();
        for tenant in &mut tenants {
            tenant.spec.connect = self.connect(tenant.spec.connect.clone());
        }
        tenants
    }
}

/// A certificate and its key.
struct Pair {
    certificate: PathBuf,
    key: PathBuf,
}

fn pair(folder: &Path, name: &str) -> Pair {
    Pair {
        certificate: folder.join(format!("{name}.crt")),
        key: folder.join(format!("{name}.key")),
    }
}

fn make(openssl: &Path, pair: &Pair, subject: &str, more: &[&str]) -> anyhow::Result<()> {
    let made = Command::new(openssl)
        .args(["req", "-x509", "-nodes", "-days", "2", "-subj", subject])
        .args(KEY)
        .args(["-keyout", text(&pair.key)?, "-out", text(&pair.certificate)?])
        .args(more)
        .output()
        .context("cannot run openssl")?;
    ensure!(
        made.status.success(),
        "openssl: {}",
        String::from_utf8_lossy(&made.stderr)
    );
    Ok(())
}

fn text(path: &Path) -> anyhow::Result<&str> {
    path.to_str().context("a path that is not UTF-8")
}
