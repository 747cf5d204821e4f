//! Discovery of the service that a command calls, of the token for it, and of the client's certificate.

mod tls;

use std::path::Path;

use anyhow::Context as _;
use cli::{ClientError, ServiceArgs, ServiceUrl, Target};
use config::{Environment, Inputs, Loaded, Purpose, Settings, load};
use private_files::Readers;
use secrecy::SecretString;

use crate::dev::{RunFile, StateDir, refuse_beside_dev};

/// Size limit of a token's file, in bytes.
const LARGEST_FILE: usize = 64 * 1024;

/// The service that the flags name, or else the environment; else the one that runs in the dev profile's folder, or at
/// the configured address on this host.
///
/// # Errors
/// When the configuration is invalid, or there is no token.
pub(crate) fn find(inputs: &Inputs, args: &ServiceArgs) -> anyhow::Result<Target> {
    let Loaded { settings, profile } = load(inputs, Purpose::Client)?;
    let url = if let Some(url) = given_url(args, &inputs.environment)? {
        url
    } else {
        refuse_beside_dev(profile)?;
        local_url(&settings)?
    };
    let (token, source) = match given_token(args, &inputs.environment)? {
        Some(given) => given,
        // The token in this folder is for the service on this machine, and is not sent to another host.
        None if url.is_loopback() => local_token(&settings)?,
        None => return Err(ClientError::NoToken.into()),
    };
    let tls = tls::tls(args, &inputs.environment)?;
    Ok(Target::new(url, token, source, tls)?)
}

/// The tenant plane of the service that runs in the dev profile's folder.
///
/// # Errors
/// When none runs there, or a URL selects another service, whose tenant plane is unknown.
pub(crate) fn tenant_plane(inputs: &Inputs, args: &ServiceArgs) -> anyhow::Result<ServiceUrl> {
    let unknown = || {
        ClientError::Usage(
            "no service of the dev profile runs in this folder: name both planes, by --url and --tenant-plane"
                .to_owned(),
        )
    };
    if given_url(args, &inputs.environment)?.is_some() {
        return Err(unknown().into());
    }
    let Loaded { settings, .. } = load(inputs, Purpose::Client)?;
    let state = state(&settings)?.ok_or_else(unknown)?;
    let running = RunFile::read(&state)?.ok_or_else(unknown)?;
    Ok(ServiceUrl::local(running.tenant_plane, running.tenant_tls)?)
}

/// A token and its source: a file, variable or key.
type Token = (SecretString, String);

fn given_url(args: &ServiceArgs, environment: &Environment) -> Result<Option<ServiceUrl>, ClientError> {
    if args.url.is_some() {
        return Ok(args.url.clone());
    }
    let parse = |text: &str| {
        text.parse()
            .map_err(|error| ClientError::Usage(format!("TENANTRY_ADMIN_URL {error}")))
    };
    environment.admin_url().map(parse).transpose()
}

fn local_url(settings: &Settings) -> anyhow::Result<ServiceUrl> {
    let running = state(settings)?
        .as_ref()
        .map(RunFile::read)
        .transpose()?
        .flatten();
    let (address, tls) = if let Some(running) = running {
        (running.admin_address()?, running.admin_tls)
    } else {
        let admin = &settings.admin_plane;
        (admin.listen, admin.tls.tls_cert_file.is_some())
    };
    Ok(ServiceUrl::local(address, tls)?)
}

/// The dev profile's folder, if it exists. Opened only if its content is needed.
fn state(settings: &Settings) -> anyhow::Result<Option<StateDir>> {
    let dev = settings.dev.as_ref();
    Ok(dev
        .map(|dev| StateDir::find(&dev.state_dir))
        .transpose()?
        .flatten())
}

fn given_token(args: &ServiceArgs, environment: &Environment) -> anyhow::Result<Option<Token>> {
    if let Some(file) = &args.token_file {
        return Ok(Some(read(file)?));
    }
    let token = environment.admin_token();
    Ok(token.map(|token| (token, "TENANTRY_ADMIN_TOKEN".to_owned())))
}

fn local_token(settings: &Settings) -> anyhow::Result<Token> {
    if let Some(token) = &settings.admin_plane.token {
        return Ok((token.clone(), "admin_plane.token in the configuration".to_owned()));
    }
    let state = state(settings)?.ok_or(ClientError::NoToken)?;
    let token = state.admin_token()?.ok_or(ClientError::NoToken)?;
    Ok((token, state.join("admin-token").display().to_string()))
}

fn read(file: &Path) -> anyhow::Result<Token> {
    let text = private_files::read(file, Readers::Group, LARGEST_FILE).context("--token-file")?;
    // A file that is not UTF-8 reads as an empty one, which is no token.
    let text = std::str::from_utf8(&text).unwrap_or_default();
    let source = format!("{} (--token-file)", file.display());
    Ok((text.trim_end().to_owned().into(), source))
}
