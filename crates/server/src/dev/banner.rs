//! Start-up banner of the dev profile.

use std::fmt::{self, Display};
use std::path::PathBuf;

use super::{DemoTenant, RunFile};
use crate::service::ListeningBeside;

/// Addresses, demo tenants, the admin token's file, and three commands to paste.
pub struct Banner {
    /// Addresses of the planes.
    pub addresses: RunFile,
    /// The tenant plane's other listeners.
    pub beside: Vec<ListeningBeside>,
    /// File of the admin token; `None` if the token is configured.
    pub token_file: Option<PathBuf>,
    /// The demo tenants.
    pub tenants: Vec<DemoTenant>,
    /// Whether tenant requests are served yet.
    pub serves: bool,
}

impl Display for Banner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (tenant_port, admin_port) = (
            self.addresses.tenant_plane.port(),
            self.addresses.admin_plane.port(),
        );
        let scheme = |tls| if tls { "https" } else { "http" };
        let (tenant_scheme, admin_scheme) = (
            scheme(self.addresses.tenant_tls),
            scheme(self.addresses.admin_tls),
        );
        // As short as curl allows.
        let prefix = |tls| if tls { "https://" } else { "" };
        // The operator knows where a configured token is.
        let (token_place, token) = match &self.token_file {
            Some(file) => (
                format!("token in {}", file.display()),
                format!("$(cat {})", file.display()),
            ),
            None => ("token as configured".to_owned(), "$TOKEN".to_owned()),
        };
        if self.serves {
            writeln!(f, "\n  Tenantry is up (dev profile).\n")?;
        } else {
            writeln!(f, "\n  Tenantry is up (dev profile), and lets no tenant in yet.")?;
            writeln!(f, "  It waits until `tenantry doctor` finds no error.\n")?;
        }
        writeln!(f, "  tenant plane   {tenant_scheme}://localhost:{tenant_port}")?;
        writeln!(
            f,
            "  admin plane    {admin_scheme}://localhost:{admin_port}   {token_place}"
        )?;
        for listener in &self.beside {
            let (scheme, address) = (scheme(listener.tls), listener.address);
            writeln!(
                f,
                "  listener       {scheme}://{address}   {}: {}",
                listener.name, listener.opens
            )?;
        }
        for DemoTenant { name, id, key_file } in &self.tenants {
            write!(f, "  tenant         {id}   {name}")?;
            match key_file {
                Some(file) => writeln!(f, "   key in {}", file.display())?,
                None => writeln!(f)?,
            }
        }
        let [first, .., last] = self.tenants.as_slice() else {
            return Ok(());
        };
        let plane = format!("{}localhost:{tenant_port}", prefix(self.addresses.tenant_tls));
        let json = r#"-H "content-type: application/json" -d '{"name":"Ada Lovelace"}'"#;
        let try_it = if self.serves {
            "Try it"
        } else {
            "When it does, try it"
        };
        writeln!(f, "\n  {try_it}:\n")?;
        writeln!(f, "curl {}", users(&plane, first))?;
        writeln!(f, "curl -X POST {} {json}", users(&plane, last))?;
        let tenants = format!(
            "{}localhost:{admin_port}/admin/v1/tenants",
            prefix(self.addresses.admin_tls)
        );
        writeln!(f, "curl {tenants} -H \"authorization: Bearer {token}\"")
    }
}

/// The users of a tenant, as curl asks for them: with its API key, by the file's name so that the key is not printed.
fn users(plane: &str, tenant: &DemoTenant) -> String {
    match &tenant.key_file {
        Some(file) => format!(
            "{plane}/v1/users -H \"authorization: Bearer $(cat {})\"",
            file.display()
        ),
        None => format!("{plane}/v1/internal/users -H \"x-tenant-id: {}\"", tenant.id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_banner_before_the_first_sound_report_says_so() {
        let mut banner = Banner {
            addresses: RunFile {
                tenant_plane: ([127, 0, 0, 1], 8080).into(),
                admin_plane: ([127, 0, 0, 1], 8081).into(),
                tenant_tls: false,
                admin_tls: true,
            },
            beside: vec![ListeningBeside {
                name: "public".to_owned(),
                address: ([127, 0, 0, 1], 8443).into(),
                tls: true,
                opens: "api_key, jwt".to_owned(),
            }],
            token_file: None,
            tenants: Vec::new(),
            serves: true,
        };
        let up = banner.to_string();
        assert!(up.contains("\n  Tenantry is up (dev profile).\n"), "{up}");
        assert!(
            up.contains("http://localhost:8080") && up.contains("https://localhost:8081"),
            "{up}"
        );
        assert!(
            up.contains("\n  listener       https://127.0.0.1:8443   public: api_key, jwt\n"),
            "{up}"
        );
        banner.serves = false;
        let waits = banner.to_string();
        assert!(
            waits.contains("lets no tenant in yet") && waits.contains("`tenantry doctor`"),
            "{waits}"
        );
    }
}
